//! Traces: a span for each call and for each request behind it, sent to a collector of OpenTelemetry that the user has
//! set. Without one, no span is made and nothing is sent.
//!
//! The protocol's JSON is written here: its crates would bring nine more for one kind of message.
//!
//! Rooms, each using only those before it:
//! - `parent`, the trace context of W3C, as it comes from clients and goes to workspaces
//! - `span`, one of them, as the protocol has it
//! - `collector`, the collector of the settings
//! - `export`, the queue to the collector

mod collector;
mod export;
mod parent;
mod span;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::connect::Connections;
use crate::error::Error;
use export::Exporter;
use span::{Kind, Span};

pub use collector::Collector;
pub use parent::Parent;

/// The way to the collector; none where none is set.
#[derive(Debug, Clone, Default)]
pub struct Tracer(Option<Arc<Exporter>>);

impl Tracer {
    /// A tracer for a collector; nothing is sent yet.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(collector: Collector, connections: &Connections) -> Result<Self, Error> {
        let exporter = Exporter::new(collector, connections)?;
        Ok(Self(Some(Arc::new(exporter))))
    }

    /// Begins the span of a call, as a part of the trace that its client has begun, if any. Nothing begins without a
    /// collector.
    #[must_use]
    pub fn call(&self, parent: Option<&str>) -> Option<Trace> {
        let exporter = self.0.as_ref()?;
        let parent = parent.and_then(Parent::parse);
        Some(Trace {
            exporter: Arc::clone(exporter),
            open: Open::below(parent),
        })
    }

    /// Waits until every span is sent or lost, at most this long.
    pub async fn drained(&self, within: Duration) {
        if let Some(exporter) = &self.0 {
            exporter.drained(within).await;
        }
    }
}

/// A span that has begun.
#[derive(Debug, Clone)]
pub struct Open {
    own: Parent,
    /// The span above it.
    above: Option<u64>,
    since: SystemTime,
}

impl Open {
    fn below(parent: Option<Parent>) -> Self {
        Self {
            own: parent.map_or_else(Parent::new, Parent::child),
            above: parent.map(|parent| parent.span),
            since: SystemTime::now(),
        }
    }

    /// The header by which what it asks for becomes a part of the trace.
    #[must_use]
    pub fn header(&self) -> String {
        self.own.header()
    }
}

/// The span of a call under way.
#[derive(Debug, Clone)]
pub struct Trace {
    exporter: Arc<Exporter>,
    open: Open,
}

impl Trace {
    /// Begins the span of a request.
    #[must_use]
    pub fn request(&self) -> Open {
        Open::below(Some(self.open.own))
    }

    /// Ends the span of a request to this operation. `failed` is the kind of its error.
    pub fn requested(
        &self,
        open: &Open,
        operation: &str,
        failed: Option<&'static str>,
        attributes: Vec<(&'static str, Attribute)>,
    ) {
        self.send(open, Kind::Client, operation.to_owned(), failed, attributes);
    }

    /// Ends the span of the call of this tool. `failed` is the kind of its error.
    pub fn called(
        &self,
        tool: &str,
        failed: Option<&'static str>,
        attributes: Vec<(&'static str, Attribute)>,
    ) {
        let name = format!("tools/call {tool}");
        self.send(&self.open, Kind::Server, name, failed, attributes);
    }

    fn send(
        &self,
        open: &Open,
        kind: Kind,
        name: String,
        failed: Option<&'static str>,
        attributes: Vec<(&'static str, Attribute)>,
    ) {
        if open.own.sampled {
            self.exporter
                .take(Span::of(open, kind, name, failed, attributes));
        }
    }
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
}
