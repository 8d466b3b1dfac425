//! The things that a call is about, which are looked at before the user is asked.

use serde_json::{Map, Value};

use super::{Judged, SQL, consequence, optional, saving, sends, sql, sql_of, text};
use crate::catalog::{Effect, ToolSpec};

/// A thing that a call deletes, replaces or changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The operation that takes the thing away.
    pub operation: &'static str,
    /// Its arguments, as the service names them.
    pub arguments: Map<String, Value>,
    /// The thing's name, where the question names several.
    pub name: Option<String>,
    /// What it means if the thing does not exist.
    pub if_missing: IfMissing,
}

/// The meaning of a call about a thing that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// It cannot be done: that is told instead of a question.
    Fails,
    /// It takes nothing away: nobody is asked.
    TakesNothing,
    /// It does other things too: the question says that this one is not there.
    Said,
}

/// The things that a call is about, as far as its arguments name them.
#[must_use]
pub fn targets(tool: &ToolSpec, arguments: &Map<String, Value>) -> Vec<Target> {
    let of_sql = |arguments: &Map<String, Value>, argument| {
        let place = |name| optional(arguments, name);
        let sql = sql_of(arguments, argument);
        sql::targets(&sql, place("catalog"), place("schema"))
    };
    if let Judged::Sql(argument) = Judged::of(tool) {
        // A file that is replaced is asked about whatever becomes of the tables.
        if saving::question(arguments).is_some() {
            return Vec::new();
        }
        return of_sql(arguments, argument);
    }
    match sends(tool, arguments) {
        // There may be files in a folder of this name though there is no file.
        Some((operation, _)) if operation.id == "files.upload" && names_a_folder(arguments) => {
            Vec::new()
        }
        Some((operation, wired)) if operation.id == SQL => of_sql(&wired, "statement"),
        Some((operation, arguments)) => {
            // `overwrite` and its like take something away only where it is there.
            let effect = consequence::effect(operation, &arguments);
            let replaces = effect == Effect::Destroys && effect != operation.effect;
            vec![Target {
                operation: operation.id,
                arguments,
                name: None,
                if_missing: if replaces {
                    IfMissing::TakesNothing
                } else {
                    IfMissing::Fails
                },
            }]
        }
        None => Vec::new(),
    }
}

/// True if files are put below the path of the call.
fn names_a_folder(arguments: &Map<String, Value>) -> bool {
    let recursive = arguments.get("recursive") == Some(&Value::Bool(true));
    recursive || text(arguments, "path").ends_with('/')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::super::question;
    use super::*;
    use crate::catalog::TOOLS;

    #[test]
    fn that_there_is_no_file_says_nothing_of_the_files_of_a_folder() {
        let tool = TOOLS
            .iter()
            .find(|tool| tool.name == "upload_file")
            .unwrap();
        for (path, recursive, looks) in [
            ("/Volumes/a/b/c/d", false, true),
            ("/Volumes/a/b/c/d", true, false),
            ("/Volumes/a/b/c/d/", false, false),
            // What DBFS and the workspace tree show may be a folder.
            ("dbfs:/d", true, true),
            ("/Workspace/d/", false, true),
        ] {
            let given = json!({ "path": path, "recursive": recursive, "overwrite": true });
            let given = given.as_object().unwrap();
            assert!(question(tool, given).is_some(), "{path}");
            assert_eq!(
                !targets(tool, given).is_empty(),
                looks,
                "{path} {recursive}"
            );
        }
    }
}
