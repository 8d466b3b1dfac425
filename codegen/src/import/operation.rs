//! Reads one API method: verb, path, parameters, body and response.

use ruff_python_ast::{Expr, ExprCall, StmtFunctionDef};

use super::annotation::{self, class};
use super::documentation;
use super::error::Error;
use super::model::{Body, Class, Field, Level, Location, Operation, Parameter, Response, Type};
use super::pagination;
use super::python::{Piece, Source, docstring, is_dotted, is_true, keyword, name, pieces, string};
use super::statements::{self, Statements, argument, strings};
use super::waiter;

/// The header that makes an operation one of a workspace.
const WORKSPACE_HEADER: &str = "X-Databricks-Workspace-Id";

/// One argument of a method.
struct Argument {
    name: String,
    ty: Type,
    required: bool,
    used: bool,
}

struct Reader<'a> {
    source: &'a Source,
    line: usize,
    documentation: &'a str,
    arguments: Vec<Argument>,
    statements: Statements<'a>,
}

/// The operation that `method` of class `api` performs; nothing if it sends no request of its own.
pub(crate) fn read(
    source: &Source,
    api: &str,
    api_documentation: &str,
    method: &StmtFunctionDef,
) -> Result<Option<Operation>, Error> {
    let line = source.line(method.range.start().to_usize());
    let statements = statements::read(method);
    let [request] = statements.requests.as_slice() else {
        return if statements.requests.is_empty() {
            Ok(None)
        } else {
            Err(source.shape(line, "more than one request in a method"))
        };
    };
    let request: &ExprCall = request;
    // The data plane's address is known only at run time.
    if keyword(&request.arguments, "url").is_some() {
        return Ok(None);
    }
    let arguments = arguments(source, line, method)?;
    let mut reader = Reader {
        source,
        line,
        documentation: docstring(&method.body),
        arguments,
        statements,
    };
    let operation = reader.operation(api, method, request)?;
    if let Some(unused) = reader.arguments.iter().find(|a| !a.used) {
        return Err(source.shape(
            line,
            format!(
                "argument `{}` of `{api}.{}` is not sent",
                unused.name, method.name
            ),
        ));
    }
    let deprecated = documentation::deprecated(reader.documentation)
        || documentation::deprecated(api_documentation);
    let stage = documentation::stage(reader.documentation)
        .or_else(|| documentation::stage(api_documentation));
    Ok(Some(Operation {
        deprecated,
        stage,
        ..operation
    }))
}

fn arguments(
    source: &Source,
    line: usize,
    method: &StmtFunctionDef,
) -> Result<Vec<Argument>, Error> {
    let mut arguments = Vec::new();
    for parameter in method.parameters.iter_non_variadic_params().skip(1) {
        let name = parameter.parameter.name.as_str();
        let ty = parameter
            .parameter
            .annotation
            .as_deref()
            .and_then(|a| annotation::read(a, &source.module));
        let ty =
            ty.ok_or_else(|| source.shape(line, format!("unknown type of argument `{name}`")))?;
        let optional = parameter
            .parameter
            .annotation
            .as_deref()
            .is_some_and(annotation::is_optional);
        let required = parameter.default.is_none() && !optional;
        arguments.push(Argument {
            name: name.to_owned(),
            ty,
            required,
            used: false,
        });
    }
    Ok(arguments)
}

impl<'a> Reader<'a> {
    fn fail(&self, reason: impl Into<String>) -> Error {
        self.source.shape(self.line, reason)
    }

    fn operation(
        &mut self,
        api: &str,
        method: &StmtFunctionDef,
        request: &'a ExprCall,
    ) -> Result<Operation, Error> {
        let verb = request
            .arguments
            .args
            .first()
            .and_then(string)
            .ok_or_else(|| self.fail("a request without a verb"))?;
        let template = request
            .arguments
            .args
            .get(1)
            .ok_or_else(|| self.fail("a request without a path"))?;
        let (path, mut parameters) = self.path(template)?;
        if let Some(target) = keyword(&request.arguments, "query") {
            parameters.extend(self.parameters(target, Location::Query)?);
        }
        let mut level = Level::Account;
        if let Some(target) = keyword(&request.arguments, "headers").and_then(name) {
            let headers = self.parameters_of(target, Location::Header)?;
            level = self.level(target);
            parameters.extend(headers);
        }
        let body = self.body(request)?;
        let raw = keyword(&request.arguments, "raw").is_some_and(is_true);
        let wait = waiter::wait_call(&self.statements);
        let long_running = self
            .statements
            .returns
            .iter()
            .find_map(|r| waiter::long_running_class(r));
        let mut response = self.response(raw, verb)?;
        let paging = pagination::read(self.source, self.line, &self.statements)?;
        if let (Some(paging), Response::Json(item)) = (&paging, &response) {
            response = Response::Page {
                items: paging.items.clone(),
                item: item.clone(),
            };
        }
        let idempotency = self.statements.idempotency.map(str::to_owned);
        Ok(Operation {
            id: String::new(),
            module: self.source.module.clone(),
            api: api.to_owned(),
            method: method.name.to_string(),
            line: self.line,
            level,
            verb: verb.to_ascii_lowercase(),
            path,
            resource: None,
            parameters,
            body,
            response,
            response_headers: self.response_headers(request),
            paging,
            wait,
            long_running,
            idempotency,
            deprecated: false,
            stage: None,
            aliases: Vec::new(),
            overlay: None,
        })
    }

    fn use_argument(&mut self, wanted: &str) -> Result<(Type, bool), Error> {
        match self.arguments.iter_mut().find(|a| a.name == wanted) {
            Some(argument) => {
                argument.used = true;
                Ok((argument.ty.clone(), argument.required))
            }
            None => Err(self.fail(format!("`{wanted}` is not an argument"))),
        }
    }

    fn path(&mut self, template: &'a Expr) -> Result<(String, Vec<Parameter>), Error> {
        let pieces = pieces(template).ok_or_else(|| self.fail("a path that is not a string"))?;
        let mut path = String::new();
        let mut parameters = Vec::new();
        for piece in pieces {
            let value = match piece {
                Piece::Text(text) => {
                    path.push_str(text);
                    continue;
                }
                Piece::Value(value) => value,
            };
            let (wire, ty, multi_segment) = if is_dotted(value, &["self", "_api", "account_id"]) {
                ("account_id".to_owned(), Type::String, false)
            } else {
                let wire = argument(value)
                    .ok_or_else(|| self.fail("a path with an unknown expression"))?;
                let (ty, _) = self.use_argument(wire)?;
                (wire.to_owned(), ty, matches!(value, Expr::Call(_)))
            };
            path.push_str(&format!("{{{wire}}}"));
            let mut parameter = self.parameter(&wire, &wire, ty, true, Location::Path);
            parameter.multi_segment = multi_segment;
            parameters.push(parameter);
        }
        Ok((path, parameters))
    }

    fn parameter(
        &self,
        wire: &str,
        python: &str,
        ty: Type,
        required: bool,
        location: Location,
    ) -> Parameter {
        let notes = documentation::argument(self.documentation, python);
        Parameter {
            field: Field {
                wire: wire.to_owned(),
                python: python.to_owned(),
                ty,
                required,
                deprecated: notes.deprecated,
            },
            location,
            multi_segment: false,
            patterns: notes.patterns,
            names_operation: notes.names_operation,
        }
    }

    /// The `target["wire"] = argument` entries, except those with a constant value.
    fn fields(&mut self, target: &str) -> Result<Vec<Field>, Error> {
        let entries: Vec<(&str, &Expr)> = self
            .statements
            .entries
            .iter()
            .filter(|(t, key, _)| *t == target && *key != WORKSPACE_HEADER)
            .map(|(_, key, value)| (*key, *value))
            .collect();
        let mut fields = Vec::new();
        for (wire, value) in entries {
            let Some(python) = argument(value) else {
                continue;
            };
            let (ty, required) = self.use_argument(python)?;
            let notes = documentation::argument(self.documentation, python);
            fields.push(Field {
                wire: wire.to_owned(),
                python: python.to_owned(),
                ty,
                required,
                deprecated: notes.deprecated,
            });
        }
        Ok(fields)
    }

    fn parameters(&mut self, target: &Expr, location: Location) -> Result<Vec<Parameter>, Error> {
        let target = name(target).ok_or_else(|| self.fail("a query that is not a variable"))?;
        self.parameters_of(target, location)
    }

    fn parameters_of(&mut self, target: &str, location: Location) -> Result<Vec<Parameter>, Error> {
        let fields = self.fields(target)?;
        Ok(fields
            .into_iter()
            .map(|f| self.parameter(&f.wire, &f.python, f.ty, f.required, location))
            .collect())
    }

    /// Operations of a workspace name it in a header.
    fn level(&self, headers: &str) -> Level {
        let names_workspace =
            |(t, key, _): &(&str, &str, &Expr)| *t == headers && *key == WORKSPACE_HEADER;
        if self.statements.entries.iter().any(names_workspace) {
            Level::Workspace
        } else {
            Level::Account
        }
    }

    fn body(&mut self, request: &'a ExprCall) -> Result<Option<Body>, Error> {
        if let Some(data) = keyword(&request.arguments, "data").and_then(name) {
            self.use_argument(data)?;
            return Ok(Some(Body::Binary));
        }
        let Some(target) = keyword(&request.arguments, "body") else {
            return Ok(None);
        };
        let target = name(target).ok_or_else(|| self.fail("a body that is not a variable"))?;
        if self.arguments.iter().any(|a| a.name == target && !a.used) {
            let (ty, _) = self.use_argument(target)?;
            return Ok(Some(Body::Json(ty)));
        }
        let value = self
            .statements
            .assignments
            .iter()
            .find(|(t, _)| *t == target)
            .map(|(_, value)| *value);
        match value {
            Some(Expr::Dict(start)) if start.items.is_empty() => {
                Ok(Some(Body::Fields(self.fields(target)?)))
            }
            Some(whole) => {
                let python = argument(whole).ok_or_else(|| self.fail("a body of unknown shape"))?;
                let (ty, _) = self.use_argument(python)?;
                Ok(Some(Body::Json(ty)))
            }
            None => Err(self.fail("a body of unknown shape")),
        }
    }

    fn response(&self, raw: bool, verb: &str) -> Result<Response, Error> {
        if raw {
            return Ok(Response::Binary);
        }
        if verb == "HEAD" {
            return Ok(Response::Empty);
        }
        if let Some((class, in_list)) = self.statements.conversions.first() {
            let class = self.class(class)?;
            let ty = Type::Class(class);
            return Ok(Response::Json(if *in_list {
                Type::List(Box::new(ty))
            } else {
                ty
            }));
        }
        // `return res`: the answer as it came, whatever the annotation promises.
        if self.statements.returns.iter().any(|r| name(r).is_some()) {
            return Ok(Response::Json(Type::Object));
        }
        Ok(Response::Empty)
    }

    fn class(&self, expression: &Expr) -> Result<Class, Error> {
        class(expression, &self.source.module).ok_or_else(|| self.fail("a class of unknown shape"))
    }

    fn response_headers(&self, request: &ExprCall) -> Vec<(String, Type)> {
        let Some(target) = keyword(&request.arguments, "response_headers").and_then(name) else {
            return Vec::new();
        };
        let Some((_, value)) = self
            .statements
            .assignments
            .iter()
            .find(|(t, _)| *t == target)
        else {
            return Vec::new();
        };
        let whole = |header: &str| header.eq_ignore_ascii_case("content-length");
        strings(value)
            .iter()
            .map(|h| {
                (
                    (*h).to_owned(),
                    if whole(h) {
                        Type::Integer
                    } else {
                        Type::String
                    },
                )
            })
            .collect()
    }
}
