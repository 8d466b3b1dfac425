//! The MCP side: what clients see over stdio, in every protocol revision.

mod cached;
mod confirm;
mod followed;
mod handler;
mod instructions;
mod isolation;
mod life;
mod limited;
pub(crate) mod message;
mod prompts;
mod rates;
mod resources;
mod roots;
mod seal;
mod seal_key;
mod session;
mod shaping;
mod stdio;
mod subscriptions;
mod task_requests;
mod tasks;
mod told;
mod turns;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::join_all;
use rmcp::model::{
    Implementation, InputRequiredResult, JsonObject, PromptsCapability, ResourcesCapability,
    ServerCapabilities, ServerConfig, Task, Tool,
};
use tokio_util::task::TaskTracker;

use crate::behaviours::{self, OwnTool};
use crate::completions::COMPLETE;
use crate::error::Error;
use crate::leaving::Leaving;
use crate::local::Roots;
use crate::notify::Notifier;
use crate::policy::{Guard, Rules};
use crate::resources::{READ, Touched};
use crate::shape::Answer;
use crate::tools::{Inventory, Selection};
use crate::trace::Tracer;
use crate::transport::Gate;
use crate::vitals::{Served, Vitals};
use crate::workspaces::Workspaces;

pub use confirm::Confirmation;
pub use limited::by_own_names;
pub use rates::Rates;
pub use seal_key::SealKey;
pub use shaping::{Answers, Shaping};
#[cfg(fuzzing)]
#[doc(hidden)]
pub use stdio::fuzz_line;
pub use stdio::serve_stdio;
pub(crate) use stdio::signals;

use confirm::Consent;
use subscriptions::Subscriptions;
use turns::Turns;

/// The member of an error's `_meta` that says its kind in one word, [`Error::kind`].
pub const ERROR_KIND: &str = "databricks-mcp/error";

/// The time for transfers to remove what they have half written, at the end of the session.
const TRANSFERS_END_WITHIN: Duration = Duration::from_millis(1_900);

/// The time for the webhook and the collector to be told what has just ended, at the end of the session.
const NOTIFIED_WITHIN: Duration = Duration::from_millis(1_000);

/// The MCP server.
#[derive(Debug, Clone)]
pub struct Server {
    inventory: Arc<Inventory>,
    workspaces: Workspaces,
    rules: Arc<Rules>,
    consent: Consent,
    /// The description of the server for clients. It is built once, since every stateless request asks for it.
    config: Arc<OnceLock<ServerConfig>>,
    turns: Arc<Turns>,
    rates: Arc<Rates>,
    calls: TaskTracker,
    roots: Roots,
    seal_key: SealKey,
    leaving: Leaving,
    /// What the session had to do with.
    touched: Arc<Touched>,
    subscriptions: Arc<Subscriptions>,
    shaping: Shaping,
    notifier: Notifier,
    tracer: Tracer,
    vitals: Arc<Vitals>,
}

impl Server {
    /// A server of the selected tools over `workspaces`. It starts even if no workspace can be used; each call
    /// then says what to set.
    ///
    /// # Errors
    /// Fails if the selection names something that does not exist, or if the system has no random bytes.
    pub fn new(workspaces: Workspaces, selection: &Selection) -> Result<Self, Error> {
        Self::with_own(workspaces, selection, Vec::new())
    }

    /// As [`Server::new`], with tools of the program that embeds it.
    ///
    /// # Errors
    /// As [`Server::new`]; or if a tool has the name of another.
    pub(crate) fn with_own(
        workspaces: Workspaces,
        selection: &Selection,
        own: Vec<OwnTool>,
    ) -> Result<Self, Error> {
        let inventory = Inventory::with_own(selection, &workspaces, own)?;
        let named = inventory.entries().map(|entry| entry.spec.name);
        let turns = Turns::new(named.chain([READ, COMPLETE]));
        let rules = selection.rules();
        if let Some(guard) = Guard::of(&rules) {
            let guard: Arc<dyn Gate> = Arc::new(guard);
            for workspace in workspaces.usable() {
                workspace.transport.guard(Arc::clone(&guard));
            }
        }
        let mut served = Served {
            tools: inventory.entries().count(),
            read_only: rules.read_only,
            calls: turns::CALLS,
            ..Served::default()
        };
        for entry in inventory.entries() {
            if !served.toolsets.contains(&entry.spec.toolset) {
                served.toolsets.push(entry.spec.toolset);
            }
        }
        let names: Vec<String> = workspaces.names().map(ToOwned::to_owned).collect();
        if names.len() > 1 {
            served.workspaces = names;
        }
        Ok(Self {
            vitals: Arc::new(Vitals::of(served)),
            notifier: Notifier::default(),
            tracer: Tracer::default(),
            rules: Arc::new(rules),
            inventory: Arc::new(inventory),
            workspaces,
            consent: Consent::new()?,
            config: Arc::default(),
            turns: Arc::new(turns),
            rates: Arc::default(),
            calls: TaskTracker::new(),
            roots: Roots::default(),
            seal_key: SealKey::own(),
            leaving: Leaving::default(),
            touched: Arc::default(),
            subscriptions: Arc::default(),
            shaping: Shaping::default(),
        })
    }

    /// The same server, with these folders of this machine for a client that declares none.
    #[must_use]
    pub fn sharing(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// The same server, with what becomes of work when the client goes.
    #[must_use]
    pub fn leaving(mut self, leaving: Leaving) -> Self {
        self.leaving = leaving;
        self
    }

    /// The same server, with ids of tasks sealed by this key.
    #[must_use]
    pub fn sealing(mut self, key: SealKey) -> Self {
        self.seal_key = key;
        self
    }

    /// The same server, which tells the end of long work.
    #[must_use]
    pub fn notifying(mut self, notifier: Notifier) -> Self {
        self.notifier = notifier;
        self
    }

    /// The same server, which sends spans of its calls.
    #[must_use]
    pub fn tracing(mut self, tracer: Tracer) -> Self {
        self.tracer = tracer;
        self
    }

    /// The same server, with these rates of its tools.
    #[must_use]
    pub fn paced(mut self, rates: Rates) -> Self {
        self.rates = Arc::new(rates);
        self
    }

    /// The same server, with destructive calls confirmed this way.
    #[must_use]
    pub fn confirming(mut self, confirmation: Confirmation) -> Self {
        self.consent.confirmation = confirmation;
        self.config = Arc::default();
        self
    }

    /// The same server, with answers of this form and size.
    #[must_use]
    pub fn shaping(mut self, shaping: Shaping) -> Self {
        self.shaping = shaping;
        self
    }

    /// The tools as they are listed.
    #[must_use]
    pub fn tools(&self) -> Vec<Tool> {
        let tools = self.inventory.tools().into_iter();
        tools.map(|tool| self.shaping.listed(tool)).collect()
    }

    /// The tools that are served.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The same server for one more session: what a session touched and follows is its own.
    pub(crate) fn for_session(&self) -> Self {
        Self {
            touched: Arc::default(),
            subscriptions: Arc::default(),
            ..self.clone()
        }
    }

    /// The number of calls under way.
    pub(crate) fn calls_under_way(&self) -> usize {
        self.calls.len()
    }

    /// Says that no client is there any more.
    pub(crate) fn leave(&self) {
        self.leaving.gone.cancel();
    }

    /// Waits until the calls under way have ended, so that a cancelled one can still stop its work upstream, and closes
    /// what the client left open.
    pub(crate) async fn finish(&self) {
        self.calls.close();
        // At once: after a signal there is no time for one after the other.
        let transfers = self.workspaces.usable().map(|workspace| async {
            for remaining in workspace.transfers.stop(TRANSFERS_END_WITHIN).await {
                tracing::error!(
                    transfer = remaining,
                    "it did not end in time, and may leave something half-written"
                );
            }
        });
        tokio::join!(self.calls.wait(), join_all(transfers));
        tokio::join!(
            self.notifier.drained(NOTIFIED_WITHIN),
            self.tracer.drained(NOTIFIED_WITHIN)
        );
        for workspace in self.workspaces.usable() {
            behaviours::close_opened(workspace).await;
        }
    }

    /// Only what is served is declared.
    fn capabilities(&self) -> ServerCapabilities {
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tasks()
            .build();
        let has_playbooks = self.playbooks().next().is_some();
        if self.kinds().next().is_some() || has_playbooks {
            let mut resources = ResourcesCapability::default();
            resources.subscribe = self.is_subscribable().then_some(true);
            capabilities.resources = Some(resources);
            capabilities.completions = Some(JsonObject::new());
        }
        if has_playbooks {
            capabilities.prompts = Some(PromptsCapability::default());
            let skills = ServerCapabilities::builder().enable_skills().build();
            let extensions = capabilities.extensions.get_or_insert_default();
            extensions.extend(skills.extensions.unwrap_or_default());
        }
        capabilities
    }

    fn describe(&self) -> ServerConfig {
        let mut me = Implementation::new("databricks-mcp", env!("CARGO_PKG_VERSION"));
        me.title = Some("Databricks".to_owned());
        ServerConfig::new(self.capabilities())
            .with_server_info(me)
            .with_instructions(instructions::text(
                &self.inventory,
                self.rules.read_only,
                &self.workspaces.names().collect::<Vec<_>>(),
                self.workspaces.answer_within().as_secs(),
                self.consent.confirmation.yes,
            ))
    }
}

/// The end of a call that did not fail.
enum Outcome {
    Answered(Answer),
    /// The answer of an earlier call, and its age.
    Cached(Answer, Duration),
    Asked(InputRequiredResult),
    /// The work goes on as a task.
    Begun(Task),
}
