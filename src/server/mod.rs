//! The MCP side: what clients see over stdio, in every protocol revision.

mod confirm;
mod instructions;
mod isolation;
mod roots;
mod seal;
mod seal_key;
mod stdio;
mod task_requests;
mod tasks;
mod turns;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams,
    ContentBlock, CreateTaskResult, CustomRequest, CustomResult, ErrorCode, ErrorData,
    GetTaskParams, GetTaskResult, Implementation, InputRequiredResult, ListToolsResult, MetaObject,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Task, Tool, UpdateTaskParams,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde_json::json;
use tokio_util::task::TaskTracker;

use crate::behaviours;
use crate::context::{Context, LocalRoots, Progress};
use crate::engine;
use crate::error::Error;
use crate::leaving::Leaving;
use crate::local::Roots;
use crate::policy::Rules;
use crate::redact;
use crate::shape::{Answer, printable};
use crate::stakes::Stakes;
use crate::tools::{self, Inventory, Ready, Selection};
use crate::transport::Call;
use crate::workspaces::{Chosen, Workspaces};

pub use confirm::Confirmation;
pub use seal_key::SealKey;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use stdio::fuzz_line;
pub use stdio::serve_stdio;

use confirm::{Agreement, Consent};
use seal::Binding;
use tasks::Wanted;
use turns::Turns;

/// Tools change only with the binary.
const TOOLS_TTL_MS: u64 = 3_600_000;

/// The time for transfers to remove what they have half written, at the end of the session.
const TRANSFERS_END_WITHIN: Duration = Duration::from_millis(1_900);

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
    calls: TaskTracker,
    roots: Roots,
    seal_key: SealKey,
    leaving: Leaving,
}

impl Server {
    /// A server of the selected tools over `workspaces`. It starts even if no workspace can be used; each call
    /// then says what to set.
    ///
    /// # Errors
    /// Fails if the selection names something that does not exist, or if the system has no random bytes.
    pub fn new(workspaces: Workspaces, selection: &Selection) -> Result<Self, Error> {
        let inventory = Inventory::load(selection, &workspaces)?;
        let turns = Turns::new(inventory.entries().map(|entry| entry.spec.name));
        Ok(Self {
            rules: Arc::new(selection.rules()),
            inventory: Arc::new(inventory),
            workspaces,
            consent: Consent::new()?,
            config: Arc::default(),
            turns: Arc::new(turns),
            calls: TaskTracker::new(),
            roots: Roots::default(),
            seal_key: SealKey::own(),
            leaving: Leaving::default(),
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

    /// The same server, with destructive calls confirmed this way.
    #[must_use]
    pub fn confirming(mut self, confirmation: Confirmation) -> Self {
        self.consent.confirmation = confirmation;
        self.config = Arc::default();
        self
    }

    /// The tools that are served.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Waits until the calls under way have ended, so that a cancelled one can still stop its work upstream, and closes
    /// what the client left open.
    async fn finish(&self) {
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
        for workspace in self.workspaces.usable() {
            behaviours::close_opened(workspace).await;
        }
    }

    fn describe(&self) -> ServerConfig {
        let mut me = Implementation::new("databricks-mcp", env!("CARGO_PKG_VERSION"));
        me.title = Some("Databricks".to_owned());
        let able = ServerCapabilities::builder().enable_tools().enable_tasks();
        ServerConfig::new(able.build())
            .with_server_info(me)
            .with_instructions(instructions::text(
                &self.inventory,
                self.rules.read_only,
                &self.workspaces.names().collect::<Vec<_>>(),
                self.workspaces.answer_within().as_secs(),
                self.consent.confirmation.yes,
            ))
    }

    /// Finds the tool by its name, validates and judges the call, obtains the user's agreement if the policy asks
    /// for it, and runs the call once. Before it runs, nothing is sent but a look at what a question is
    /// about, or at the names among which the caller has one in place of an id.
    async fn call(
        &self,
        call: &Call,
        request: CallToolRequestParams,
        client: &RequestContext<RoleServer>,
    ) -> Result<Outcome, Error> {
        let entry = self.inventory.find(&call.tool)?;
        let tool = entry.spec.name;
        let given = request.arguments.clone().unwrap_or_default();
        let mut arguments = entry.canonical(given)?;
        let chosen = self.workspaces.choose(tool, &mut arguments)?;
        let ended = |outcome: Result<Answer, Error>| {
            chosen.workspace.tally.count(tool, &outcome);
            chosen.signed(outcome)
        };
        let host = chosen.workspace.transport.host();
        // Limits go by the tool's own name, not by the alias it was called with.
        let call = Call {
            tool: tool.into(),
            urgent: tool == turns::ALWAYS,
            ..call.clone()
        };
        let progress = Progress::new(client.peer.clone(), client.meta.get_progress_token());
        let workspace = Arc::clone(&chosen.workspace);
        let mut context = Context::new(workspace, call, client.ct.clone(), progress);
        context.absent = self.inventory.absent().clone();
        context.leaving = self.leaving.clone();
        context.roots = LocalRoots {
            configured: self.roots.clone(),
            client: roots::declared(client).then(|| client.peer.clone()),
        };
        // Arguments that may be names are looked at again if they do not fit.
        let asked = (!entry.spec.nearest.is_empty()).then(|| arguments.clone());
        let ready = match (Ready::new(entry, arguments, &self.rules, host), asked) {
            (Ok(ready), _) => ready,
            (Err(error), asked) => {
                let error = match asked {
                    Some(asked) => tools::explained(entry, &context, &asked, error).await,
                    None => error,
                };
                return ended(Err(error)).map(Outcome::Answered);
            }
        };
        match self
            .agreement(&ready, &chosen, &context, &request, client)
            .await?
        {
            Agreement::Given => {}
            Agreement::Pending(question) => return Ok(Outcome::Asked(question)),
            Agreement::Missing(error) => return ended(Err(error)).map(Outcome::Answered),
        }
        // The wait for the turn counts, for the client it is a part of the call; the user's time to answer does not.
        context.since = Instant::now();
        let patience = chosen.workspace.transport.patience();
        // What it waits for is asked after as long as the call may take.
        let longest = patience.max(chosen.workspace.answer_within);
        context.call.until = Some((context.since + longest).into());
        let turn = self.turns.of(tool, &client.ct, patience).await;
        let _turn = match turn {
            Ok(turn) => turn,
            Err(error) => return ended(Err(error)).map(Outcome::Answered),
        };
        let wanted = Wanted::of(entry.spec, ready.arguments(), client);
        if wanted.is_some() {
            context.within = context.within.min(tasks::AT_ONCE);
        }
        let ran = isolation::isolated(ready.run(&context), engine::stop_left(&context)).await;
        let answer = ended(ran)?;
        Ok(match self.begun(wanted, &context).await {
            Some(task) => Outcome::Begun(task),
            None => Outcome::Answered(answer),
        })
    }

    /// An answer as clients get it.
    fn answered(&self, mut answer: Answer) -> CallToolResult {
        let absent = self.inventory.absent();
        absent.remark_on(&mut answer.text, &mut answer.structured);
        answer.without_signatures().into_result()
    }

    /// An error as clients get it.
    fn refused(&self, error: &Error) -> CallToolResult {
        let text = self.remarked(error);
        CallToolResult::error(vec![ContentBlock::text(printable(&redact::text(&text)))])
    }

    /// The text of an error; a tool that it names and that is not served is said to be so.
    fn remarked(&self, error: &Error) -> String {
        let text = error.text();
        match error {
            // It says so itself.
            Error::NotServed { .. } | Error::UnknownTool { .. } => text,
            _ => self.inventory.absent().remarked(text),
        }
    }

    /// The user's agreement to a call, where the policy asks for it. What is there is looked at before the question.
    async fn agreement(
        &self,
        ready: &Ready,
        chosen: &Chosen,
        context: &Context,
        request: &CallToolRequestParams,
        client: &RequestContext<RoleServer>,
    ) -> Result<Agreement, Error> {
        let Some(question) = ready.question.clone() else {
            return Ok(Agreement::Given);
        };
        let binding = Binding::of(ready.tool(), chosen.name(), ready.arguments());
        if self
            .consent
            .is_given(&binding, ready.confirmed, request, client)?
        {
            return Ok(Agreement::Given);
        }
        let question = match ready.look(context).await {
            Stakes::Missing(error) => return Ok(Agreement::Missing(error)),
            Stakes::Nothing => return Ok(Agreement::Given),
            Stakes::Known(None) => question,
            Stakes::Known(Some(what)) => question.with(&what),
        };
        let question = match chosen.name() {
            Some(workspace) => question.about(workspace),
            None => question,
        };
        self.consent.ask(&binding, question, client).await
    }
}

/// The end of a call that did not fail.
enum Outcome {
    Answered(Answer),
    Asked(InputRequiredResult),
    /// The work goes on as a task.
    Begun(Task),
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        self.config.get_or_init(|| self.describe()).clone()
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        // One page: some clients read only the first. The same for every client, so that it can be cached: `confirm` is
        // listed also for those whose user is asked, where it counts for nothing.
        Ok(ListToolsResult::with_all_items(self.inventory.tools())
            .with_ttl_ms(TOOLS_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.inventory
            .find(name)
            .ok()
            .map(|entry| entry.tool.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let _call = self.calls.token();
        let since = Instant::now();
        let call = Call::new(&request.name);
        let id = &*call.id;
        // A name that is no tool's is the caller's own words, which are not logged.
        let name = self.inventory.find(&call.tool);
        let name = name.map_or("unknown", |entry| entry.spec.name);
        // Boxed: the whole of a call nests deeper than the compiler lays out within a session's own future.
        let served = Box::pin(self.call(&call, request, &context));
        let outcome = isolation::isolated(served, async {}).await;
        let milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut meta = MetaObject::new();
        meta.insert("databricks-mcp/request_id".to_owned(), json!(id));
        let mut result = match outcome {
            Ok(Outcome::Answered(answer)) => {
                tracing::info!(request_id = id, tool = name, milliseconds, "answered");
                self.answered(answer)
            }
            Ok(Outcome::Begun(task)) => {
                tracing::info!(request_id = id, tool = name, milliseconds, "a task");
                return Ok(CallToolResponse::Task(
                    CreateTaskResult::new(task).with_meta(meta),
                ));
            }
            Ok(Outcome::Asked(question)) => {
                tracing::info!(request_id = id, tool = name, milliseconds, "asked");
                return Ok(question.with_meta(meta).into());
            }
            Err(error) => {
                // The text of a refusal may quote a statement, an argument or a row.
                tracing::warn!(
                    request_id = id,
                    tool = name,
                    milliseconds,
                    kind = error.kind(),
                    "refused"
                );
                tracing::debug!(request_id = id, %error, "the reason");
                self.refused(&error)
            }
        };
        result.meta = Some(meta);
        Ok(result.into())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        self.task(request.task_id, &context).await
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.told_task(&request.task_id, &context).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.stop_task(&request.task_id, &context).await
    }

    /// Requests that are no request of the protocol: a malformed `tools/call` lands here too.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(if request.method == "tools/call" {
            ErrorData::invalid_params(
                "malformed `tools/call`: expected params `{\"name\": string, \"arguments\": object}`",
                None,
            )
        } else {
            ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None)
        })
    }
}
