//! The handler that rmcp calls for each request of a client.

use std::time::Instant;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
    CompleteResult, CreateTaskResult, CustomRequest, CustomResult, ErrorCode, ErrorData,
    GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams, GetSkillResult,
    GetTaskParams, GetTaskResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListSkillsResult, ListToolsResult, MetaObject, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ServerConfig,
    SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use serde_json::{Value, json};

use super::told::Told;
use super::{ERROR_KIND, Outcome, Server, cached, isolation};
use crate::transport::Call;

/// The member of `_meta` by which a client makes a call part of its trace.
const TRACE_PARENT: &str = "traceparent";

/// Tools change only with the binary.
const TOOLS_TTL_MS: u64 = 3_600_000;

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
        Ok(ListToolsResult::with_all_items(self.tools())
            .with_ttl_ms(TOOLS_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.inventory
            .find(name)
            .ok()
            .map(|entry| self.shaping.listed(entry.tool.clone()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let _call = (self.calls.token(), self.vitals.call());
        let since = Instant::now();
        let mut call = Call::new(&request.name);
        let parent = context.meta.get(TRACE_PARENT).and_then(Value::as_str);
        call.trace = self.tracer.call(parent);
        // A name that is no tool's is the caller's own words, which are not logged.
        let name = self.inventory.find(&call.tool);
        let name = name.map_or("unknown", |entry| entry.spec.name);
        // Boxed: the whole of a call nests deeper than the compiler lays out within a session's own future.
        let served = Box::pin(self.call(&call, request, &context));
        let outcome = isolation::isolated(served, async {}).await;
        let told = Told {
            call: &call,
            tool: name,
            since,
        };
        let mut meta = MetaObject::new();
        meta.insert("databricks-mcp/request_id".to_owned(), json!(&*call.id));
        let mut result = match outcome {
            Ok(Outcome::Answered(answer)) => {
                let result = self.answered(answer);
                told.answered(&result, false);
                result
            }
            Ok(Outcome::Cached(answer, age)) => {
                meta.insert("databricks-mcp/cached".to_owned(), cached::mark(age));
                let result = self.answered(answer);
                told.answered(&result, true);
                result
            }
            Ok(Outcome::Begun(task)) => {
                told.begun();
                return Ok(CallToolResponse::Task(
                    CreateTaskResult::new(task).with_meta(meta),
                ));
            }
            Ok(Outcome::Asked(question)) => {
                told.asked();
                return Ok(question.with_meta(meta).into());
            }
            Err(error) => {
                // For programs, which should not have to read the sentence.
                meta.insert(ERROR_KIND.to_owned(), json!(error.kind()));
                let result = self.refused(&error);
                told.refused(&result, &error);
                result
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

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(self.templates())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(self.touched_resources())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let _call = self.calls.token();
        if let Some(file) = self.skill_file(&request.uri) {
            return Ok(ReadResourceResult::new(vec![file]).into());
        }
        let read = Box::pin(self.read(&request.uri, &context)).await;
        read.map(Into::into)
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let _call = self.calls.token();
        Box::pin(self.subscribed(request.uri, &context)).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.unsubscribed(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.listenable(requested)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let _call = self.calls.token();
        Box::pin(self.listened(context)).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let _call = self.calls.token();
        // Boxed for the reason of a tool call.
        Box::pin(self.completion(&request, &context)).await
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(self.prompts())
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.prompt(&request).map(Into::into)
    }

    async fn list_skills(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        Ok(self.skills())
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        self.skill(&request.uri)
    }

    /// Requests that are no request of the protocol: those whose params cannot be read land here too.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let known = PARAMS.iter().find(|(method, _)| request.method == *method);
        Err(match known {
            Some((method, params)) => ErrorData::invalid_params(
                format!("malformed `{method}`: expected params `{params}`"),
                None,
            ),
            None => ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None),
        })
    }
}

/// The params that the methods cannot do without.
const PARAMS: &[(&str, &str)] = &[
    ("tools/call", r#"{"name": string, "arguments": object}"#),
    (
        "prompts/get",
        r#"{"name": string, "arguments": object of strings}"#,
    ),
    ("resources/read", r#"{"uri": string}"#),
    ("resources/subscribe", r#"{"uri": string}"#),
    ("resources/unsubscribe", r#"{"uri": string}"#),
    ("skills/get", r#"{"uri": string}"#),
    (
        "completion/complete",
        r#"{"ref": a prompt or resource template, "argument": {"name": string, "value": string}}"#,
    ),
    ("tasks/get", r#"{"taskId": string}"#),
    (
        "tasks/update",
        r#"{"taskId": string, "inputResponses": object}"#,
    ),
    ("tasks/cancel", r#"{"taskId": string}"#),
];
