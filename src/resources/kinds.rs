//! The kinds of things that have an address: what they are called, and which operations read them.

use serde_json::{Map, Value, json};

/// A kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The source code of a notebook.
    Notebook,
    /// A file of the workspace tree.
    File,
    /// A file of a volume.
    Volume,
    /// A table or view of Unity Catalog.
    Table,
    /// A job.
    Job,
    /// A run of a job.
    Run,
    /// Rows of a statement's result.
    Statement,
    /// A whole answer that cannot be asked for again.
    Kept,
}

/// Facts of a kind.
#[derive(Debug)]
pub struct Facts {
    /// The kind.
    pub kind: Kind,
    /// Its word in an address.
    pub word: &'static str,
    /// The part of its template that follows the workspace.
    pub template: &'static str,
    /// Its title for people.
    pub title: &'static str,
    /// Its description for agents.
    pub description: &'static str,
    /// The type of its content, where all of them have one.
    pub mime_type: Option<&'static str>,
    /// The operations that read it, and the parameter of the path that names the thing.
    pub operations: &'static [(&'static str, &'static str)],
    /// The tools that show the same: without all of them it is not served.
    pub tools: &'static [&'static str],
}

/// The tool that reads everything.
const ANY: &str = "api_call";

/// The operation that reads the workspace tree.
const EXPORT: &[(&str, &str)] = &[("workspace.export", "path")];

/// JSON, as the tools answer.
const JSON: Option<&str> = Some("application/json");

/// Every kind.
pub(crate) static KINDS: &[Facts] = &[
    Facts {
        kind: Kind::Notebook,
        word: "notebook",
        template: "notebook/{path}{?bytes}",
        title: "Notebook",
        description: "Source code of a notebook; bytes=a-b reads a part",
        mime_type: Some("text/plain"),
        operations: EXPORT,
        tools: &["export_notebook", "download_file"],
    },
    Facts {
        kind: Kind::File,
        word: "file",
        template: "file/{path}{?bytes}",
        title: "Workspace file",
        description: "A file of the workspace tree; bytes=a-b reads a part",
        mime_type: None,
        operations: EXPORT,
        tools: &["get_workspace_file_content", "download_file"],
    },
    Facts {
        kind: Kind::Volume,
        word: "volume",
        template: "volume/{path}{?bytes}",
        title: "Volume file",
        description: "A file of a volume, catalog/schema/volume/…; bytes=a-b reads a part",
        mime_type: None,
        operations: &[("files.download", "file_path")],
        tools: &["download_file"],
    },
    Facts {
        kind: Kind::Table,
        word: "table",
        template: "table/{full_name}",
        title: "Table",
        description: "Columns, owner and storage of a table or view, catalog.schema.table",
        mime_type: JSON,
        operations: &[("tables.get", "full_name")],
        tools: &["get_table"],
    },
    Facts {
        kind: Kind::Job,
        word: "job",
        template: "job/{id}",
        title: "Job",
        description: "Tasks, schedule and owner of a job",
        mime_type: JSON,
        operations: &[("jobs.get", "job_id")],
        tools: &["get_job"],
    },
    Facts {
        kind: Kind::Run,
        word: "run",
        template: "run/{id}",
        title: "Job run",
        description: "State and result of a run and of its tasks",
        mime_type: JSON,
        operations: &[("jobs.get_run", "run_id")],
        tools: &["get_run"],
    },
    Facts {
        kind: Kind::Statement,
        word: "statement",
        template: "statement/{id}/rows/{first}-{last}",
        title: "Rows of a statement",
        description: "Rows first to last of a SQL result, counted from 0; `next` goes on",
        mime_type: JSON,
        operations: &[
            ("statement_execution.get_statement", "statement_id"),
            (
                "statement_execution.get_statement_result_chunk_n",
                "statement_id",
            ),
        ],
        tools: &["get_statement"],
    },
    Facts {
        kind: Kind::Kept,
        word: "kept",
        template: "kept/{id}{?bytes}",
        title: "Whole answer",
        description: "An answer that was cut, for as long as it is kept",
        mime_type: JSON,
        operations: &[],
        tools: &[],
    },
];

impl Kind {
    /// The facts of the kind; every kind has a row.
    #[must_use]
    pub fn facts(self) -> Option<&'static Facts> {
        KINDS.iter().find(|facts| facts.kind == self)
    }

    /// True for work, which changes by itself and comes to an end.
    #[must_use]
    pub fn changes(self) -> bool {
        matches!(self, Self::Run | Self::Statement)
    }

    /// True for what can be read in parts of its bytes.
    #[must_use]
    pub fn is_bytes(self) -> bool {
        matches!(
            self,
            Self::Notebook | Self::File | Self::Volume | Self::Kept
        )
    }
}

impl Facts {
    /// True if one of the tools that show the same is served.
    pub fn is_served(&self, mut served: impl FnMut(&str) -> bool) -> bool {
        self.tools.iter().any(|tool| served(tool)) || served(ANY)
    }

    /// The operations that are sent to read the thing of this name, each with its arguments.
    pub fn sends(
        &self,
        name: &str,
    ) -> impl Iterator<Item = (&'static str, Map<String, Value>)> + use<> {
        let name = name.to_owned();
        self.operations.iter().map(move |(operation, parameter)| {
            let mut arguments = Map::new();
            arguments.insert((*parameter).to_owned(), json!(name));
            (*operation, arguments)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::api;
    use crate::catalog::{Effect, TOOLS};

    #[test]
    fn every_kind_names_tools_and_reading_operations_that_exist() {
        for facts in KINDS {
            for tool in facts.tools.iter().chain([&ANY]) {
                assert!(TOOLS.iter().any(|spec| spec.name == *tool), "{tool}");
            }
            for (operation, _) in facts.operations {
                let operation = api::find(operation).unwrap();
                assert_eq!(operation.effect, Effect::Reads, "{}", operation.id);
            }
            assert!(facts.template.starts_with(facts.word));
        }
    }
}
