//! Arguments and answers of behaviours, from JSON and to it.

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::error::Error;

/// Reads validated arguments into their struct.
pub(super) fn arguments<Arguments: DeserializeOwned>(value: Value) -> Result<Arguments, Error> {
    serde_json::from_value(value).map_err(|error| Error::Internal {
        reason: format!("arguments that passed their schema do not fit their struct: {error}"),
    })
}

/// The structured form of an answer.
pub(super) fn structured<Output: Serialize>(output: &Output) -> Result<Value, Error> {
    serde_json::to_value(output).map_err(|error| Error::Internal {
        reason: format!("an answer cannot be written as JSON: {error}"),
    })
}

/// As [`id_as_text`], for one that may be missing.
pub(super) fn some_id_as_text<S: Serializer>(
    id: &Option<i64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => serializer.collect_str(id),
        None => serializer.serialize_none(),
    }
}

/// Writes an identifier of 64 bits as a string, which no client rounds.
pub(super) fn id_as_text<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use databricks_client::types::{
        ComputeCommandStatusResponse, ComputeContextStatusResponse, ComputeCreated, JobsRun,
        JobsSubmitRunResponse, SqlStatementResponse,
    };
    use serde_json::json;

    use super::*;
    use crate::catalog::{self, BindFrom, Wait};
    use crate::shape;

    /// What a wait reads of a typed answer by its path, the typed answer has: `specs/client.yaml` keeps it.
    fn keeps<Answer: Serialize + DeserializeOwned>(operation: &str, path: &str) {
        for path in path.split('|').filter(|path| !path.is_empty()) {
            // A number reads as text and as an id.
            let said = path
                .rsplit('.')
                .fold(json!("7"), |said, name| json!({ name: said }));
            let read: Answer = serde_json::from_value(said).unwrap();
            let kept = shape::at(&serde_json::to_value(read).unwrap(), path);
            assert!(
                kept.is_some(),
                "{operation}: `{path}` is not in specs/client.yaml"
            );
        }
    }

    fn wait_of<Started, State>(operation: &str)
    where
        Started: Serialize + DeserializeOwned,
        State: Serialize + DeserializeOwned,
    {
        let wait: &Wait = catalog::wait_of(operation).unwrap();
        for bind in wait
            .bind
            .iter()
            .filter(|bind| bind.from == BindFrom::Response)
        {
            keeps::<Started>(operation, bind.path);
        }
        let conditions = wait.until.iter().flat_map(|until| until.all.iter());
        let conditions = conditions.map(|condition| condition.field);
        for path in conditions.chain([wait.state, wait.message]) {
            keeps::<State>(operation, path);
        }
    }

    #[test]
    fn what_waits_read_by_path_is_kept_by_the_client() {
        wait_of::<SqlStatementResponse, SqlStatementResponse>(
            "statement_execution.execute_statement",
        );
        wait_of::<ComputeCreated, ComputeContextStatusResponse>("command_execution.create");
        wait_of::<ComputeCreated, ComputeCommandStatusResponse>("command_execution.execute");
        wait_of::<JobsSubmitRunResponse, JobsRun>("jobs.submit");
    }
}
