//! The operations that are answered, each with its function: services register them, the server looks them up.

use std::future::Future;
use std::sync::Arc;

use axum::http::Method;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value};

use crate::http::{ApiError, Call, Reply};
use crate::spec::{Operation, Shape, Spec, SpecError};

type Handler = Box<dyn Fn(Call) -> BoxFuture<'static, Result<Reply, ApiError>> + Send + Sync>;

/// An operation and the function that answers it.
pub(crate) struct Route {
    /// Its verb, path and schemas.
    pub(crate) operation: Operation,
    /// Answers a call that the spec admits.
    pub(crate) handler: Handler,
}

/// The operations that are answered; services register theirs here.
pub(crate) struct Operations {
    spec: &'static Spec,
    document: &'static str,
    routes: Vec<Route>,
    failed: Option<SpecError>,
}

impl Operations {
    /// No operations yet, of these documents in `specs/databricks`.
    ///
    /// # Errors
    /// Fails if a document is missing or cannot be read.
    pub(crate) fn of(documents: &[&str]) -> Result<Self, SpecError> {
        Ok(Self {
            spec: Spec::load(documents)?,
            document: "",
            routes: Vec::new(),
            failed: None,
        })
    }

    /// Looks up the operations registered from here on in `specs/databricks/<document>.json`.
    pub(crate) fn turn_to(&mut self, document: &'static str) {
        self.document = document;
    }

    /// The routes of all operations.
    ///
    /// # Errors
    /// Fails if an operation was registered that its document does not have.
    pub(crate) fn routes(self) -> Result<Vec<Route>, SpecError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.routes),
        }
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

    /// Answers an operation that the service has and the spec lacks.
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

    /// The schema of an operation's answer; `None` when the spec has no answer, or no such operation.
    pub(crate) fn answer_shape(&self, id: &'static str) -> Option<Shape> {
        let operation = self.spec.operation(self.document, id).ok()?;
        operation.answer_shape()
    }

    fn add(&mut self, id: &'static str, handler: Handler) {
        match self.spec.operation(self.document, id) {
            Ok(operation) => self.routes.push(Route { operation, handler }),
            Err(error) => self.failed = self.failed.take().or(Some(error)),
        }
    }
}

impl Route {
    /// The path parameters, if verb and path are those of this operation.
    pub(crate) fn matches(&self, verb: &Method, path: &str) -> Option<Map<String, Value>> {
        if self.operation.verb != *verb {
            return None;
        }
        self.operation.path.matches(path)
    }
}
