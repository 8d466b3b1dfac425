//! The work that an address names: what changes by itself, and can be followed to its end.

use serde_json::json;

use super::SUBSCRIBE;
use super::kinds::Kind;
use super::uri::Uri;
use crate::error::Error;
use crate::shape::one_line;
use crate::waiting::Known;

/// The work that an address names.
///
/// # Errors
/// It names something that changes only when somebody writes it, which nobody is told.
pub(crate) fn work(uri: &Uri) -> Result<Known, Error> {
    let (operation, started) = match uri.kind {
        Kind::Run => ("jobs.run_now", json!({ "run_id": super::read::id(uri) })),
        Kind::Statement => (
            "statement_execution.execute_statement",
            json!({ "statement_id": uri.name }),
        ),
        _ => {
            let uri = one_line(&uri.to_string(), 300);
            return Err(Error::Arguments {
                tool: SUBSCRIBE.to_owned(),
                problems: vec![format!(
                    "`{uri}` does not change by itself: only runs and statements can be subscribed to"
                )],
            });
        }
    };
    Known::started(operation, &json!({}), &started)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::resources::KINDS;

    #[test]
    fn the_kinds_that_change_are_those_whose_work_is_known() {
        for facts in KINDS {
            let uri = Uri {
                workspace: "w".to_owned(),
                kind: facts.kind,
                name: "7".to_owned(),
                part: None,
            };
            let known = work(&uri);
            assert_eq!(known.is_ok(), facts.kind.changes(), "{}", facts.word);
            if let Ok(known) = known {
                // It is asked after by an operation that reading it sends too, so that what rules out one rules out both.
                let polls = known.wait().poll.operation;
                assert!(
                    facts.operations.iter().any(|(sent, _)| *sent == polls),
                    "{polls}"
                );
                assert_eq!(known.ids().len(), 1);
            }
        }
    }
}
