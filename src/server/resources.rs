//! Resources over MCP: what there is, what this session touched, and reading it.

use std::sync::Arc;
use std::time::Instant;

use rmcp::RoleServer;
use rmcp::model::{
    CacheScope, ErrorData, ListResourceTemplatesResult, ListResourcesResult, MetaObject,
    ProtocolVersion, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use rmcp::service::RequestContext;
use serde_json::json;

use super::{Server, isolation};
use crate::context::{Context, Progress};
use crate::error::Error;
use crate::redact;
use crate::resources::{self, Body, Contents, Facts, KINDS, Kind, READ, Subject, Uri};
use crate::shape::{Answer, Link, printable};
use crate::stores;
use crate::transport::Call;
use crate::workspaces::Chosen;

/// Templates change only with the binary and its settings.
const TEMPLATES_TTL_MS: u64 = 3_600_000;

/// The first protocol version whose clients know links in answers.
const KNOWS_LINKS: ProtocolVersion = ProtocolVersion::V_2025_06_18;

impl Server {
    /// The kinds of things that can be read: those that a served tool shows too, and whose operations are not ruled out.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &'static Facts> {
        KINDS.iter().filter(|facts| self.is_readable(facts))
    }

    fn is_readable(&self, facts: &Facts) -> bool {
        let excluded = &self.rules.excluded;
        let open = facts.sends("").all(|(operation, _)| {
            let operation = crate::api::find(operation);
            operation.is_ok_and(|operation| !excluded.blocks(operation, &serde_json::Map::new()))
        });
        open && facts.is_served(|tool| self.inventory.find(tool).is_ok())
    }

    /// The templates of addresses.
    pub(super) fn templates(&self) -> ListResourceTemplatesResult {
        let template = |facts: &Facts| {
            let uri = format!("databricks://{{workspace}}/{}", facts.template);
            let mut template = ResourceTemplate::new(uri, facts.word)
                .with_title(facts.title)
                .with_description(facts.description);
            template.mime_type = facts.mime_type.map(ToOwned::to_owned);
            template
        };
        // Nobody can know the id of what is kept.
        let kinds = self.kinds().filter(|facts| facts.kind != Kind::Kept);
        ListResourceTemplatesResult::with_all_items(kinds.map(template).collect())
            .with_ttl_ms(TEMPLATES_TTL_MS)
            .with_cache_scope(CacheScope::Public)
    }

    /// The things that this session touched.
    pub(super) fn touched_resources(&self) -> ListResourcesResult {
        let readable = |uri: &Uri| {
            uri.kind
                .facts()
                .is_some_and(|facts| self.is_readable(facts))
        };
        let touched = self.touched.all().into_iter().filter(readable);
        let listed = touched.map(|uri| {
            let mut resource = Resource::new(uri.to_string(), name(&uri));
            let facts = uri.kind.facts();
            resource.title = facts.map(|facts| format!("{} {}", facts.title, uri.name));
            resource.mime_type = mime_type(&uri).map(ToOwned::to_owned);
            resource
        });
        ListResourcesResult::with_all_items(listed.collect())
            .with_ttl_ms(0)
            .with_cache_scope(CacheScope::Private)
    }

    /// Remembers what a call was about, and links from its answer to what it shows only a part of.
    pub(super) fn link(
        &self,
        answer: &mut Answer,
        subject: Option<&Subject>,
        chosen: &Chosen,
        context: &Context,
    ) {
        let found = resources::mentioned(&chosen.address(), subject, &answer.structured);
        let kept = resources::keep(&chosen.address(), context);
        for (uri, cut) in found.into_iter().chain(kept.map(|uri| (uri, true))) {
            let served = uri
                .kind
                .facts()
                .is_some_and(|facts| self.is_readable(facts));
            if !served || resources::readable(&self.rules, &context.workspace, &uri).is_err() {
                continue;
            }
            if cut {
                answer.links.push(Link {
                    uri: uri.to_string(),
                    name: name(&uri),
                    mime_type: mime_type(&uri),
                });
            }
            self.touched.note(uri);
        }
    }

    /// Reads what an address names.
    pub(super) async fn read(
        &self,
        uri: &str,
        client: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResult, ErrorData> {
        let since = Instant::now();
        let call = Call::new(READ);
        let id = Arc::clone(&call.id);
        let reading = Box::pin(self.read_one(call, uri, client));
        let outcome = isolation::isolated(reading, async {}).await;
        let milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(contents) => {
                tracing::info!(request_id = &*id, tool = READ, milliseconds, "answered");
                let result = ReadResourceResult::new(vec![sent(uri, contents)]);
                // What is there may change at any time.
                let mut result = result.with_ttl_ms(0).with_cache_scope(CacheScope::Private);
                result.meta = Some(meta("databricks-mcp/request_id", &id));
                Ok(result)
            }
            Err(error) => {
                let kind = error.kind();
                tracing::warn!(
                    request_id = &*id,
                    tool = READ,
                    milliseconds,
                    kind,
                    "refused"
                );
                tracing::debug!(request_id = &*id, %error, "the reason");
                Err(self.protocol_error(&error))
            }
        }
    }

    async fn read_one(
        &self,
        call: Call,
        uri: &str,
        client: &RequestContext<RoleServer>,
    ) -> Result<Contents, Error> {
        let (uri, chosen) = self.addressed(uri)?;
        let context = self.plain_context(call, &chosen, client);
        let patience = chosen.workspace.transport.patience();
        let _turn = self.turns.of(READ, &client.ct, patience).await?;
        let read = Box::pin(resources::read(&context, &self.rules, &uri)).await?;
        self.touched.note(uri);
        Ok(read)
    }

    /// The thing that an address names and its workspace, if it may be read.
    pub(super) fn addressed(&self, uri: &str) -> Result<(Uri, Chosen), Error> {
        let uri = Uri::parse(uri)?;
        let chosen = self.workspaces.addressed(READ, &uri.workspace)?;
        let served = uri
            .kind
            .facts()
            .is_some_and(|facts| self.is_readable(facts));
        // What is excluded says so.
        resources::readable(&self.rules, &chosen.workspace, &uri)?;
        if !served {
            return Err(Error::Arguments {
                tool: READ.to_owned(),
                problems: vec![format!("no tool is served that shows what `{uri}` names")],
            });
        }
        Ok((uri, chosen))
    }

    /// The context of a request that is no tool call.
    pub(super) fn plain_context(
        &self,
        call: Call,
        chosen: &Chosen,
        client: &RequestContext<RoleServer>,
    ) -> Context {
        let progress = Progress::new(client.peer.clone(), client.meta.get_progress_token());
        let workspace = Arc::clone(&chosen.workspace);
        let mut context = Context::new(workspace, call, client.ct.clone(), progress);
        let longest = chosen.workspace.transport.patience();
        context.call.until = Some((context.since + longest).into());
        context
    }

    /// An error of a request that is no tool call, which has only the protocol's way to say it.
    pub(super) fn protocol_error(&self, error: &Error) -> ErrorData {
        let text = printable(&redact::text(&self.remarked(error))).into_owned();
        match error {
            _ if stores::is_missing(error) => ErrorData::resource_not_found(text, None),
            Error::Arguments { .. } | Error::ReadOnly { .. } => {
                ErrorData::invalid_params(text, None)
            }
            _ => ErrorData::internal_error(text, None),
        }
    }
}

/// True for a client that knows links in answers.
pub(super) fn knows_links(client: &RequestContext<RoleServer>) -> bool {
    let version = client.protocol_version();
    version.is_some_and(|version| version >= KNOWS_LINKS)
}

/// The last part of a path, or what else names the thing.
fn name(uri: &Uri) -> String {
    let last = uri.name.rsplit('/').next().unwrap_or_default();
    match uri.kind.facts() {
        Some(facts) if !uri.kind.is_bytes() => format!("{} {last}", facts.word),
        _ => last.to_owned(),
    }
}

fn mime_type(uri: &Uri) -> Option<&'static str> {
    uri.kind.facts().and_then(|facts| facts.mime_type)
}

fn meta(name: &str, value: &str) -> MetaObject {
    let mut meta = MetaObject::new();
    meta.insert(name.to_owned(), json!(value));
    meta
}

fn sent(uri: &str, contents: Contents) -> ResourceContents {
    let next = contents.next;
    let sent = match contents.body {
        Body::Text(text) => ResourceContents::text(text, uri),
        Body::Blob(blob) => ResourceContents::blob(blob, uri),
    };
    let sent = sent.with_mime_type(contents.mime_type);
    match next {
        Some(next) => sent.with_meta(meta("databricks-mcp/next", &next.to_string())),
        None => sent,
    }
}
