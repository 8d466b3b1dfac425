//! Reads the waiting of the SDK: `wait_...` methods, `Wait(...)` results and long-running operation classes.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};

use super::annotation::class;
use super::error::Error;
use super::model::{BindSource, LongRunning, Type, WaitCall, Waiter};
use super::python::{
    Source, attribute, call, dotted, integer, item, keyword, keywords, methods, name,
};
use super::statements::{self, Statements};

/// `return Wait(self.wait_..., response=..., id=id)`.
pub(crate) fn wait_call(statements: &Statements<'_>) -> Option<WaitCall> {
    let built = statements
        .returns
        .iter()
        .find_map(|r| call(r).filter(|c| name(&c.func) == Some("Wait")))?;
    let (_, waiter) = attribute(built.arguments.args.first()?)?;
    let bind = keywords(&built.arguments)
        .filter(|(key, _)| *key != "response")
        .filter_map(|(key, value)| {
            let source = match item(value) {
                Some((_, response)) => BindSource::Response(response.to_owned()),
                None => BindSource::Argument(name(value)?.to_owned()),
            };
            Some((key.to_owned(), source))
        });
    Some(WaitCall {
        waiter: waiter.to_owned(),
        bind: bind.collect(),
    })
}

/// The class in `return CreateBranchOperation(self, operation)`.
pub(crate) fn long_running_class(returned: &Expr) -> Option<String> {
    let built = call(returned)?;
    let class = name(&built.func)?;
    let over_self = built.arguments.args.first().and_then(name) == Some("self");
    (over_self && class.ends_with("Operation")).then(|| class.to_owned())
}

/// Reads a `wait_...` method.
pub(crate) fn read(source: &Source, method: &StmtFunctionDef) -> Result<Waiter, Error> {
    let line = source.line(method.range.start().to_usize());
    let fail = |what: &str| source.shape(line, format!("`{}` {what}", method.name));
    let mut notes = Notes::default();
    notes.visit_body(&method.body);
    let (poll, poll_arguments) = notes.poll.ok_or_else(|| fail("polls nothing"))?;
    if notes.status.is_empty() || notes.success.is_empty() {
        return Err(fail("has no status or no target states"));
    }
    let timeout = method
        .parameters
        .iter_non_variadic_params()
        .find(|p| p.parameter.name.as_str() == "timeout");
    let timeout = timeout.and_then(|p| p.default.as_deref()).and_then(call);
    let timeout_minutes = timeout
        .and_then(|c| keyword(&c.arguments, "minutes"))
        .and_then(integer);
    Ok(Waiter {
        poll,
        poll_arguments,
        status: notes.status,
        message: notes.message,
        success: notes.success,
        failure: notes.failure,
        timeout_minutes: timeout_minutes.ok_or_else(|| fail("has no timeout in minutes"))?,
    })
}

#[derive(Default)]
struct Notes {
    poll: Option<(String, Vec<(String, String)>)>,
    status: Vec<String>,
    message: Option<Vec<String>>,
    success: Vec<(String, String)>,
    failure: Vec<(String, String)>,
}

impl<'a> Visitor<'a> for Notes {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::Assign(assign) = statement {
            match assign.targets.first().and_then(name) {
                Some("poll") => self.poll = poll_call(&assign.value, "self"),
                Some("status") => self.status = below_poll(&assign.value).unwrap_or_default(),
                Some("status_message") => {
                    self.message = below_poll(&assign.value).or(self.message.take())
                }
                Some("target_states") => self.success = states(&assign.value),
                Some("failure_states") => self.failure = states(&assign.value),
                _ => {}
            }
        }
        walk_stmt(self, statement);
    }
}

/// `self.get(cluster_id=cluster_id)`, or over `self._impl`.
fn poll_call(value: &Expr, base: &str) -> Option<(String, Vec<(String, String)>)> {
    let call = call(value)?;
    let (owner, method) = attribute(&call.func)?;
    if dotted(owner)?.join(".") != base {
        return None;
    }
    let arguments = keywords(&call.arguments)
        .filter_map(|(key, value)| Some((key.to_owned(), dotted(value)?.pop()?)));
    Some((method.to_owned(), arguments.collect()))
}

/// `a`, `b` in `poll.a.b`.
fn below_poll(value: &Expr) -> Option<Vec<String>> {
    let mut path = dotted(value)?;
    (path.first().is_some_and(|base| base == "poll")).then(|| path.split_off(1))
}

/// Enum class and member of each state in a tuple.
fn states(value: &Expr) -> Vec<(String, String)> {
    let Expr::Tuple(tuple) = value else {
        return Vec::new();
    };
    let state = |e: &Expr| {
        attribute(e).and_then(|(class, member)| Some((name(class)?.to_owned(), member.to_owned())))
    };
    tuple.elts.iter().filter_map(state).collect()
}

/// True if `class` follows a long-running operation.
pub(crate) fn is_long_running(class: &StmtClassDef) -> bool {
    class.name.ends_with("Operation") && methods(class).any(|m| m.name.as_str() == "wait")
}

/// Reads a `...Operation` class.
pub(crate) fn long_running(source: &Source, declared: &StmtClassDef) -> Result<LongRunning, Error> {
    let mut found = LongRunning::default();
    for method in methods(declared) {
        let conversion = || {
            let notes = ConversionNotes::read(method);
            notes
                .and_then(|expression| class(expression, &source.module))
                .map(Type::Class)
        };
        match method.name.as_str() {
            "wait" => found.result = conversion(),
            "metadata" => found.metadata = conversion(),
            "done" => {
                let statements = statements::read(method);
                let poll = statements
                    .assignments
                    .iter()
                    .find_map(|(_, value)| poll_call(value, "self._impl"));
                if let Some((poll, arguments)) = poll {
                    found.poll = poll;
                    found.poll_arguments = arguments;
                }
            }
            "cancel" => {
                let call = method.body.iter().find_map(|s| match s {
                    Stmt::Expr(e) => poll_call(&e.value, "self._impl"),
                    _ => None,
                });
                found.cancel = call.map(|(method, _)| method);
            }
            _ => {}
        }
    }
    if found.poll.is_empty() {
        let line = source.line(declared.range.start().to_usize());
        return Err(source.shape(line, format!("`{}` polls nothing", declared.name)));
    }
    Ok(found)
}

/// The first `X.from_dict(...)` in a method, nested functions included.
#[derive(Default)]
struct ConversionNotes<'a> {
    class: Option<&'a Expr>,
}

impl<'a> ConversionNotes<'a> {
    fn read(method: &'a StmtFunctionDef) -> Option<&'a Expr> {
        let mut notes = ConversionNotes::default();
        notes.visit_body(&method.body);
        notes.class
    }
}

impl<'a> Visitor<'a> for ConversionNotes<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Some((class, _)) = super::python::method_call(expression, "from_dict") {
            self.class = self.class.or(Some(class));
        }
        walk_expr(self, expression);
    }
}
