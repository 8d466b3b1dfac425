//! The MCP side: what clients see over stdio, in every protocol revision.

mod confirm;
mod instructions;
mod isolation;
mod stdio;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
    CustomRequest, CustomResult, ErrorCode, ErrorData, Implementation, InputRequiredResult,
    JsonObject, ListToolsResult, MetaObject, PaginatedRequestParams, ServerCapabilities,
    ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::catalog::Access;
use crate::context::{Context, Progress};
use crate::error::Error;
use crate::redact;
use crate::shape::Answer;
use crate::tools::{self, Entry, Inventory, Selection};
use crate::transport::Call;
use crate::workspaces::Workspaces;

pub use confirm::Confirmation;
pub use stdio::serve_stdio;

use confirm::{Binding, Seal, Way};

/// Calls worked on at the same time; more wait their turn.
const CALLS: usize = 128;
/// Tools change only with the binary.
const TOOLS_TTL_MS: u64 = 3_600_000;

/// The MCP server.
#[derive(Debug, Clone)]
pub struct Server {
    inventory: Arc<Inventory>,
    excluded: Arc<HashSet<&'static str>>,
    workspaces: Workspaces,
    read_only: bool,
    confirmation: Confirmation,
    /// What clients are told of the server, made once: it is asked for in every request that stands alone.
    config: Arc<OnceLock<ServerConfig>>,
    seal: Seal,
    turns: Arc<Semaphore>,
    calls: TaskTracker,
}

impl Server {
    /// A server of the selected tools over `workspaces`; where none can be used it starts too, and each
    /// call says what to set.
    ///
    /// # Errors
    /// A selection of names that do not exist, or a system without random bytes.
    pub fn new(workspaces: Workspaces, selection: &Selection) -> Result<Self, Error> {
        let inventory = Inventory::load(selection, &workspaces)?;
        Ok(Self {
            excluded: Arc::new(inventory.excluded_operations()),
            inventory: Arc::new(inventory),
            workspaces,
            read_only: selection.read_only,
            confirmation: Confirmation::default(),
            config: Arc::default(),
            seal: Seal::new()?,
            turns: Arc::new(Semaphore::new(CALLS)),
            calls: TaskTracker::new(),
        })
    }

    /// The same server, with destructive calls confirmed this way.
    #[must_use]
    pub fn confirming(mut self, confirmation: Confirmation) -> Self {
        self.confirmation = confirmation;
        self.config = Arc::default();
        self
    }

    /// The tools that are served.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Waits until the calls under way have ended, so that a cancelled one can still stop its work upstream.
    async fn finish(&self) {
        self.calls.close();
        self.calls.wait().await;
    }

    fn describe(&self) -> ServerConfig {
        let mut me = Implementation::new("databricks-mcp", env!("CARGO_PKG_VERSION"));
        me.title = Some("Databricks".to_owned());
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(me)
            .with_instructions(instructions::text(
                &self.inventory,
                self.read_only,
                &self.workspaces.names().collect::<Vec<_>>(),
                self.confirmation.yes,
            ))
    }

    /// Serves a call; one that has to be confirmed first may end as a question to the user.
    async fn call(
        &self,
        call: &Call,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Outcome, Error> {
        let entry = self.inventory.find(&call.tool)?;
        // Limits go by the tool's own name, not by the alias it was called with.
        let call = Call {
            tool: entry.spec.name.into(),
            ..call.clone()
        };
        let mut arguments = request.arguments.clone().unwrap_or_default();
        if self.confirmation.yes || entry.spec.access == Access::Read {
            let answer = self.run(entry, call, arguments, context, self.confirmation.yes);
            return answer.await.map(Outcome::Answered);
        }
        let way = confirm::way(context);
        if way.is_some() {
            // A model's word for the user's does not count where the user can be asked.
            arguments.shift_remove(confirm::CONFIRM);
        }
        let binding = Binding::of(entry.spec.name, &arguments);
        let agreed = self.seal.open(&binding, &request)?;
        let answer = self.run(entry, call.clone(), arguments.clone(), context, agreed);
        let question = match answer.await {
            Ok(answer) => return Ok(Outcome::Answered(answer)),
            // Nothing has been sent yet.
            Err(Error::Unconfirmed { question }) => redact::text(&question).into_owned(),
            Err(error) => return Err(error),
        };
        match way {
            None => Err(Error::Unconfirmed { question }),
            Some(Way::Round) => Ok(Outcome::Asked(self.seal.question(&binding, &question))),
            Some(Way::Request) => {
                let patience = self.confirmation.patience;
                confirm::ask(&context.peer, &context.ct, patience, &question).await?;
                let answer = self.run(entry, call, arguments, context, true);
                answer.await.map(Outcome::Answered)
            }
        }
    }

    async fn run(
        &self,
        entry: &Entry,
        call: Call,
        mut arguments: JsonObject,
        request: &RequestContext<RoleServer>,
        agreed: bool,
    ) -> Result<Answer, Error> {
        let chosen = self.workspaces.choose(entry.spec.name, &mut arguments)?;
        let _turn = self.turns.acquire().await.map_err(|_| Error::Internal {
            reason: "the call queue is closed".to_owned(),
        })?;
        let progress = Progress::new(request.peer.clone(), request.meta.get_progress_token());
        let workspace = Arc::clone(&chosen.workspace);
        let mut context = Context::new(workspace, call, request.ct.clone(), progress);
        context.read_only = self.read_only;
        context.agreed = agreed;
        context.excluded = Arc::clone(&self.excluded);
        let answer = isolation::isolated(tools::call(entry, &context, arguments)).await;
        match answer {
            Ok(answer) => Ok(chosen.sign(answer)),
            Err(error) => Err(chosen.sign_error(error)),
        }
    }
}

/// How a call ends, unless it fails.
enum Outcome {
    Answered(Answer),
    Asked(InputRequiredResult),
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
        let (id, name) = (&*call.id, &*call.tool);
        let outcome = self.call(&call, request, &context).await;
        let milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut meta = MetaObject::new();
        meta.insert("databricks-mcp/request_id".to_owned(), json!(id));
        let mut result = match outcome {
            Ok(Outcome::Answered(answer)) => {
                tracing::info!(request_id = id, tool = name, milliseconds, "answered");
                answer.without_signatures().into_result()
            }
            Ok(Outcome::Asked(question)) => {
                tracing::info!(request_id = id, tool = name, milliseconds, "asked");
                return Ok(question.with_meta(meta).into());
            }
            Err(error) => {
                tracing::warn!(request_id = id, tool = name, milliseconds, %error, "refused");
                CallToolResult::error(vec![ContentBlock::text(redact::text(&error.text()))])
            }
        };
        result.meta = Some(meta);
        Ok(result.into())
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
