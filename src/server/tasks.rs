//! Tasks without a store: the id of a task is a sealed note of all it takes to ask the workspace about it.
//!
//! A note is signed, not secret: it holds ids, no arguments and no credential.

use std::time::Duration;

use jiff::Timestamp;
use rmcp::RoleServer;
use rmcp::model::{RequestStateCodec, SealOptions, Task, TaskStatus};
use rmcp::service::RequestContext;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api;
use crate::catalog::{self, ANY_OPERATION, Door, ToolSpec, WAITS, Wait};
use crate::error::Error;
use crate::opened::Opened;
use crate::waiting::Known;

/// The time that work has to end within its own call, before the call is answered by a task.
pub(super) const AT_ONCE: Duration = Duration::from_secs(1);
/// The time for which a task can be asked for. The workspace keeps most results for less.
const KEPT: Duration = Duration::from_hours(7 * 24);
/// The time between two questions of a client, which grows with the age of a task.
const PACE: (u64, u64) = (1_000, 10_000);
/// Keeps a sealed task from being taken for anything else that the same key seals.
const DOMAIN: &[u8] = b"databricks-mcp task 1";

/// Behaviours that answer with what one piece of work has come to, and the tool that tells the same later where it is
/// not the one that follows the work up. What else a behaviour does goes on in this process, so that it is no task.
const BEHAVIOURS: &[(&str, &str)] = &[
    (ANY_OPERATION, ""),
    ("execute_command", ""),
    (ONCE, ""),
    ("execute_sql", ""),
    ("get_statement", ""),
    ("run_notebook", "get_run_output"),
    ("sync_repo_and_run_notebook", "get_run_output"),
];

/// The behaviour whose command has a context of its own. The context stays as long as the task may be asked for.
const ONCE: &str = "execute_command_simple";

/// Arguments by which a tool and the one that follows it up choose the same part of a result.
const WINDOW: &[&str] = &["max_rows", "offset"];

/// A call whose client takes a task for an answer.
#[derive(Debug)]
pub(super) struct Wanted {
    tool: &'static str,
    /// The operation that the caller chose.
    operation: Option<String>,
    window: Map<String, Value>,
}

impl Wanted {
    /// The call, where its client declares the extension and it waits for work in the workspace. A caller who says for
    /// how long it waits gets an answer.
    pub(super) fn of(
        tool: &'static ToolSpec,
        arguments: &Map<String, Value>,
        client: &RequestContext<RoleServer>,
    ) -> Option<Self> {
        if !client.client_capabilities()?.supports_tasks() {
            return None;
        }
        let within = match &tool.door {
            Door::Table(plan) => plan.wait.as_ref()?.within,
            Door::Behaviour(name) => {
                BEHAVIOURS.iter().find(|(known, _)| known == name)?;
                "wait"
            }
        };
        if arguments.get(within).is_some_and(|given| !given.is_null()) {
            return None;
        }
        let named = arguments.get("operation").and_then(Value::as_str);
        let window = arguments.iter();
        let window = window.filter(|(name, _)| WINDOW.contains(&name.as_str()));
        Some(Self {
            tool: tool.name,
            operation: named.map(ToOwned::to_owned),
            window: window
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        })
    }

    /// The note on the one piece of work that the call has left.
    pub(super) fn note(
        self,
        left: Vec<(&'static Wait, Map<String, Value>)>,
        host: &str,
        identity: &str,
    ) -> Option<Note> {
        let [(wait, ids)] = <[_; 1]>::try_from(left).ok()?;
        let starts = if catalog::plan_of(self.tool).is_some() {
            String::new()
        } else if self.tool == ANY_OPERATION {
            api::find(&self.operation?).ok()?.id.to_owned()
        } else {
            let known = WAITS.iter().find(|(_, known)| std::ptr::eq(known, wait));
            known.map(|(operation, _)| (*operation).to_owned())?
        };
        Some(Note {
            tool: self.tool.to_owned(),
            starts,
            ids,
            window: self.window,
            host: host.to_owned(),
            identity: identity.to_owned(),
            since: Timestamp::now().as_millisecond(),
        })
    }
}

/// All that is known of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    /// The tool that was called.
    pub(super) tool: String,
    /// The operation that started the work, where the tool has no wait of its own.
    starts: String,
    ids: Map<String, Value>,
    window: Map<String, Value>,
    /// The workspace.
    pub(super) host: String,
    /// The user or service principal that started it.
    pub(super) identity: String,
    /// The time of its begin, in milliseconds since 1970.
    since: i64,
}

impl Note {
    /// The note as the id of its task.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub(super) fn seal(&self, codec: &RequestStateCodec) -> Result<String, Error> {
        let options = SealOptions::new().associated_data(DOMAIN).ttl(KEPT);
        let sealed = codec.seal_json_with(self, &options);
        sealed.map_err(|error| Error::Internal {
            reason: error.to_string(),
        })
    }

    /// The note in the id of a task.
    ///
    /// # Errors
    /// The id is not one that this key has sealed, or it is too old.
    pub(super) fn open(id: &str, codec: &RequestStateCodec) -> Result<Self, Error> {
        codec.open_json_with(id, DOMAIN).map_err(|reason| {
            tracing::warn!(%reason, "the id of a task cannot be opened");
            unknown()
        })
    }

    /// The work.
    ///
    /// # Errors
    /// This version of the program knows no such wait.
    pub(super) fn known(&self) -> Result<Known, Error> {
        let wait = match catalog::plan_of(&self.tool) {
            Some(plan) => plan.wait.as_ref(),
            None => catalog::wait_of(&self.starts),
        };
        let wait = wait.ok_or_else(unknown)?;
        Ok(Known::again(wait, self.ids.clone()))
    }

    /// The context that the work has to itself, which nobody else will close.
    pub(super) fn own_context(&self, known: &Known) -> Option<Opened> {
        let ids = known.resuming();
        let id = |name: &str| Some(ids.get(name)?.as_str()?.to_owned());
        (self.tool == ONCE).then_some(())?;
        Some(Opened {
            cluster_id: id("cluster_id")?,
            context_id: id("context_id")?,
            command_id: None,
            once: false,
        })
    }

    /// The tool that tells the result, and its arguments.
    pub(super) fn follow_up(&self, known: &Known) -> (&'static str, Map<String, Value>) {
        let own = BEHAVIOURS.iter().find(|(tool, _)| *tool == self.tool);
        let own = own
            .map(|(_, tells)| *tells)
            .filter(|tells| !tells.is_empty());
        let mut arguments = match known.resuming() {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        arguments.extend(self.window.clone());
        (own.unwrap_or(known.wait().resume), arguments)
    }

    /// The task of this id, in this state.
    pub(super) fn task(&self, id: String, status: TaskStatus, said: String) -> Task {
        let now = Timestamp::now();
        let begin = Timestamp::from_millisecond(self.since).unwrap_or(now);
        let age = u64::try_from(now.as_millisecond() - self.since).unwrap_or_default();
        let mut task = Task::new(id, status, begin.to_string(), now.to_string())
            .with_ttl_ms(u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX))
            .with_poll_interval_ms((age / 10).clamp(PACE.0, PACE.1));
        if !said.is_empty() {
            task = task.with_status_message(said);
        }
        task
    }
}

/// The error of an id that is of no use here. It does not say which of the reasons holds.
pub(super) fn unknown() -> Error {
    Error::Arguments {
        tool: "tasks".to_owned(),
        problems: vec![
            "`taskId` is not the id of a task of this user and workspace, or it is too old"
                .to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde_json::json;

    use super::*;

    fn note() -> Note {
        let known = Known::started("jobs.run_now", &json!({}), &json!({ "run_id": 5 })).unwrap();
        let wanted = Wanted {
            tool: "run_job",
            operation: None,
            window: Map::new(),
        };
        let left = vec![(known.wait(), known.ids().clone())];
        wanted.note(left, "https://a.example/", "17").unwrap()
    }

    #[test]
    fn an_id_is_good_under_its_key_and_not_with_any_bit_changed() {
        let codec = |byte| RequestStateCodec::try_new([byte; 32]).unwrap();
        let id = note().seal(&codec(1)).unwrap();
        let opened = Note::open(&id, &codec(1)).unwrap();
        assert_eq!((opened.ids, opened.identity), (note().ids, note().identity));
        Note::open(&id, &codec(2)).unwrap_err();
        for at in 0..id.len() {
            for bit in 0..7 {
                let mut bytes = id.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let changed = String::from_utf8(bytes).unwrap();
                Note::open(&changed, &codec(1)).unwrap_err();
            }
        }
        // Nothing else that the key has sealed is a task.
        let other = codec(1).seal_json(&note()).unwrap();
        Note::open(&other, &codec(1)).unwrap_err();
    }

    #[test]
    fn every_tool_that_may_be_a_task_is_followed_up_by_one_that_there_is() {
        for (tool, tells) in BEHAVIOURS {
            let named = |name: &str| catalog::TOOLS.iter().any(|tool| tool.name == name);
            assert!(named(tool), "{tool}");
            assert!(tells.is_empty() || named(tells), "{tells}");
        }
        let tables = catalog::TOOLS.iter().filter_map(|tool| match &tool.door {
            Door::Table(plan) => plan.wait.as_ref(),
            Door::Behaviour(_) => None,
        });
        for wait in tables {
            let resumes = catalog::TOOLS.iter().any(|tool| tool.name == wait.resume);
            assert!(resumes, "{}", wait.resume);
        }
    }

    #[test]
    fn a_call_that_leaves_several_pieces_of_work_is_no_task() {
        let known = Known::started("jobs.run_now", &json!({}), &json!({ "run_id": 5 })).unwrap();
        let one = (known.wait(), known.ids().clone());
        let wanted = || Wanted {
            tool: "run_job",
            operation: None,
            window: Map::new(),
        };
        assert!(wanted().note(vec![one.clone(), one], "h", "1").is_none());
        assert!(wanted().note(Vec::new(), "h", "1").is_none());
    }
}
