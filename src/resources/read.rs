//! Reading what an address names, by the code that serves the tools.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::kinds::Kind;
use super::uri::{Part, Uri, refused};
use crate::behaviours;
use crate::catalog::{Door, TOOLS};
use crate::context::{Context, Workspace};
use crate::engine;
use crate::error::Error;
use crate::hints;
use crate::policy::Rules;
use crate::redact;
use crate::stores::{Reader, Remote, Store};

/// Bytes that one answer has at most.
const MOST: u64 = 16 << 20;

/// What was read.
#[derive(Debug)]
pub(crate) struct Contents {
    /// The content.
    pub body: Body,
    /// Its type.
    pub mime_type: &'static str,
    /// The address that goes on, where only a part of what was asked for is here.
    pub next: Option<Uri>,
}

/// Content as MCP sends it.
#[derive(Debug)]
pub(crate) enum Body {
    /// Text, as it is.
    Text(String),
    /// What is no text, in base64.
    Blob(String),
}

/// Lets an address pass that this server may read, by the operations that it would send.
///
/// # Errors
/// The user has ruled one of them out.
pub(crate) fn readable(rules: &Rules, workspace: &Workspace, uri: &Uri) -> Result<(), Error> {
    let host = workspace.transport.host();
    let facts = uri.kind.facts();
    let sent = facts.into_iter().flat_map(|facts| facts.sends(&uri.name));
    for (operation, arguments) in sent {
        rules.admit_operation(super::READ, operation, &arguments, host)?;
    }
    Ok(())
}

/// Reads what an address names.
///
/// # Errors
/// The user has ruled it out, the service refuses, or it is larger than one answer may be.
pub(crate) async fn read(context: &Context, rules: &Rules, uri: &Uri) -> Result<Contents, Error> {
    readable(rules, &context.workspace, uri)?;
    let read = async {
        match uri.kind {
            Kind::Notebook | Kind::File => bytes(context, uri, Store::Workspace).await,
            Kind::Volume => bytes(context, uri, Store::Volume).await,
            Kind::Table => shown(context, "get_table", "full_name", json!(uri.name)).await,
            Kind::Job => shown(context, "get_job", "job_id", id(uri)).await,
            Kind::Run => shown(context, "get_run", "run_id", id(uri)).await,
            Kind::Statement => rows(context, uri).await,
            Kind::Kept => kept(context, uri),
        }
    };
    tokio::select! {
        read = read => read.map_err(hints::with_tool),
        () = context.cancel.cancelled() => Err(Error::Cancelled { what: format!("reading `{uri}`") }),
    }
}

/// An id as a number, which the address has been checked to be.
pub(super) fn id(uri: &Uri) -> Value {
    uri.name.parse::<u64>().map_or(Value::Null, Value::from)
}

/// The bytes of a file, or the part of them that is asked for.
async fn bytes(context: &Context, uri: &Uri, store: Store) -> Result<Contents, Error> {
    let remote = Remote {
        store,
        path: uri.name.clone(),
    };
    let asked = uri.part;
    let Part { first, .. } = asked.unwrap_or(Part { first: 0, last: 0 });
    let count = asked.map_or(MOST, Part::count).min(MOST);
    let mut reader = Reader::new(context, &remote, first);
    let mut bytes = Vec::new();
    // One byte more than fits tells that there is more.
    while (bytes.len() as u64) <= count {
        let Some(piece) = reader.piece().await? else {
            break;
        };
        if bytes.is_empty() {
            // A buffer that grows would be there twice each time.
            let expected = reader.expected().unwrap_or_default().min(count + 1);
            bytes.reserve_exact(usize::try_from(expected).unwrap_or_default());
        }
        bytes.extend_from_slice(&piece);
    }
    drop(reader);
    let goes_on = bytes.len() as u64 > count;
    let cut = goes_on && asked.is_none_or(|asked| asked.count() > count);
    if cut && asked.is_none() {
        let part = uri.with_part(Part {
            first: 0,
            last: MOST - 1,
        });
        return Err(refused(
            &uri.to_string(),
            &format!("is larger than {MOST} bytes: read it in parts, the first is `{part}`"),
        ));
    }
    bytes.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    let next = asked.filter(|_| cut).map(|asked| {
        uri.with_part(Part {
            first: first + count,
            last: asked.last,
        })
    });
    let (body, mime_type) = match String::from_utf8(bytes) {
        Ok(text) => (Body::Text(clean(text)), "text/plain"),
        Err(error) => {
            let blob = STANDARD.encode(error.as_bytes());
            (Body::Blob(blob), "application/octet-stream")
        }
    };
    Ok(Contents {
        body,
        mime_type,
        next,
    })
}

/// An answer that was kept, or the part of it that is asked for.
fn kept(context: &Context, uri: &Uri) -> Result<Contents, Error> {
    let found = context.workspace.kept.get(&uri.name, Instant::now());
    let Some((whole, _)) = found else {
        return Err(refused(
            &uri.to_string(),
            "is not kept any more, or by another process: call the tool again",
        ));
    };
    let (body, mime_type) = match uri.part {
        None => (Body::Text(whole.to_string()), "application/json"),
        Some(Part { first, last }) => {
            let bytes = whole.as_bytes();
            let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
            let part = bytes.get(index(first)..index(last.saturating_add(1)));
            match std::str::from_utf8(part.unwrap_or_default()) {
                Ok(text) => (Body::Text(text.to_owned()), "text/plain"),
                Err(_) => {
                    let blob = STANDARD.encode(part.unwrap_or_default());
                    (Body::Blob(blob), "application/octet-stream")
                }
            }
        }
    };
    Ok(Contents {
        body,
        mime_type,
        next: None,
    })
}

/// The answer of the tool that shows one thing.
async fn shown(
    context: &Context,
    tool: &str,
    argument: &str,
    value: Value,
) -> Result<Contents, Error> {
    let spec = TOOLS.iter().find(|spec| spec.name == tool);
    let Some(Door::Table(plan)) = spec.map(|spec| &spec.door) else {
        return Err(Error::Internal {
            reason: format!("`{tool}` is no table tool"),
        });
    };
    let mut arguments = Map::new();
    arguments.insert(argument.to_owned(), value);
    let answer = engine::call(tool, plan, context, arguments).await?;
    json_body(&answer.structured, None)
}

/// Rows of a statement's result, and the address of those that do not fit.
async fn rows(context: &Context, uri: &Uri) -> Result<Contents, Error> {
    let asked = uri.part.unwrap_or(Part { first: 0, last: 0 });
    let found = behaviours::result_rows(context, &uri.name, asked.first, asked.count()).await?;
    let after = asked.first + found.rows.len() as u64;
    let last = asked.last.min(found.total.saturating_sub(1));
    let next = (after <= last && !found.rows.is_empty())
        .then(|| uri.with_part(Part { first: after, last }));
    let page = json!({
        "statement_id": uri.name,
        "columns": found.columns,
        "first": asked.first,
        "rows": found.rows,
        "total_rows": found.total,
        "next": next.as_ref().map(ToString::to_string),
    });
    json_body(&page, next)
}

fn json_body(value: &Value, next: Option<Uri>) -> Result<Contents, Error> {
    Ok(Contents {
        body: Body::Text(clean(value.to_string())),
        mime_type: "application/json",
        next,
    })
}

/// The text without signatures of presigned URLs: whoever reads it must not hold the key. A text without any is not
/// copied.
fn clean(text: String) -> String {
    match redact::signatures(&text) {
        std::borrow::Cow::Borrowed(_) => text,
        std::borrow::Cow::Owned(clean) => clean,
    }
}
