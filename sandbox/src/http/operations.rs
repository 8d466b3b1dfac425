//! Which operation of the spec is answered by which function.

use std::future::Future;
use std::sync::Arc;

use axum::http::Method;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::{ApiError, Call, Reply};
use crate::shared::Shared;
use crate::spec::{Operation, Shape, Spec, SpecError};

/// A service: the document its operations stand in, and what registers them.
pub(crate) struct Service {
    /// File name in `specs/databricks`, without `.json`.
    document: &'static str,
    /// Makes the service's state and registers its operations.
    serve: Serve,
}

type Serve = fn(&mut Operations<'_>, &Arc<Shared>);

impl Service {
    /// A service whose operations stand in `specs/databricks/<document>.json`.
    pub(crate) const fn new(document: &'static str, serve: Serve) -> Self {
        Self { document, serve }
    }
}

type Handler = Box<dyn Fn(Call) -> BoxFuture<'static, Result<Reply, ApiError>> + Send + Sync>;

/// An operation and what answers it.
pub(crate) struct Route {
    /// Its verb, path and schemas.
    pub(crate) operation: Operation,
    /// Answers a call that the spec admits.
    pub(crate) handler: Handler,
}

/// Where a service registers its operations.
pub(crate) struct Operations<'a> {
    spec: &'static Spec,
    document: &'static str,
    routes: &'a mut Vec<Route>,
    failed: Option<SpecError>,
}

impl Operations<'_> {
    /// All operations of these services.
    ///
    /// # Errors
    /// When a service registers an operation that its document does not have.
    pub(crate) fn of(services: &[Service], shared: &Arc<Shared>) -> Result<Vec<Route>, SpecError> {
        let documents: Vec<&str> = services.iter().map(|service| service.document).collect();
        let spec = Spec::load(&documents)?;
        let mut routes = Vec::new();
        for service in services {
            let document = service.document;
            let mut operations = Operations {
                spec,
                document,
                routes: &mut routes,
                failed: None,
            };
            (service.serve)(&mut operations, shared);
            if let Some(error) = operations.failed {
                return Err(error);
            }
        }
        Ok(routes)
    }

    /// Answers the operation with this id by a function of the service's state.
    pub(crate) fn on<S: Send + Sync + 'static>(
        &mut self,
        id: &'static str,
        state: &Arc<S>,
        answer: fn(&S, &Call) -> Result<Reply, ApiError>,
    ) {
        let state = state.clone();
        self.add(
            id,
            Box::new(move |call| std::future::ready(answer(&state, &call)).boxed()),
        );
    }

    /// Answers the operation with this id by an async function of the service's state.
    pub(crate) fn on_async<S, F>(
        &mut self,
        id: &'static str,
        state: &Arc<S>,
        answer: fn(Arc<S>, Call) -> F,
    ) where
        S: Send + Sync + 'static,
        F: Future<Output = Result<Reply, ApiError>> + Send + 'static,
    {
        let state = state.clone();
        self.add(
            id,
            Box::new(move |call| answer(state.clone(), call).boxed()),
        );
    }

    /// Answers an operation that the spec does not have.
    pub(crate) fn on_beyond_spec<S: Send + Sync + 'static>(
        &mut self,
        id: &'static str,
        (verb, template): (Method, &str),
        state: &Arc<S>,
        answer: fn(&S, &Call) -> Result<Reply, ApiError>,
    ) {
        let state = state.clone();
        self.routes.push(Route {
            operation: Operation::beyond_spec(id, verb, template),
            handler: Box::new(move |call| std::future::ready(answer(&state, &call)).boxed()),
        });
    }

    /// What the operation with this id answers; `None` when the spec has no answer, or no such operation.
    pub(crate) fn answer_shape(&self, id: &'static str) -> Option<Shape> {
        let operation = self.spec.operation(self.document, id).ok()?;
        operation.answer_shape()
    }

    fn add(&mut self, id: &'static str, handler: Handler) {
        match self.spec.operation(self.document, id) {
            Ok(operation) => self.routes.push(Route { operation, handler }),
            Err(error) => self.failed = Some(error),
        }
    }
}

impl Route {
    /// The path parameters, when verb and path are this operation's.
    pub(crate) fn matches(&self, verb: &Method, path: &str) -> Option<Map<String, Value>> {
        if self.operation.verb != *verb {
            return None;
        }
        self.operation.path.matches(path)
    }
}
