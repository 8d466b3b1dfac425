//! Walks one API method and notes, in order, how it builds the request and reads the response.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, ExprListComp, Stmt, StmtFunctionDef};

use super::python::{attribute, call, integer, is_dotted, item, method_call, name, string};

/// The statements of a method body that concern the request or the response.
#[derive(Default)]
pub(crate) struct Statements<'a> {
    /// The `self._api.do(...)` calls.
    pub(crate) requests: Vec<&'a ExprCall>,
    /// `target["key"] = value`, outside the paging loop.
    pub(crate) entries: Vec<(&'a str, &'a str, &'a Expr)>,
    /// `target = {...}` and other plain assignments to a name, outside the paging loop.
    pub(crate) assignments: Vec<(&'a str, &'a Expr)>,
    /// `target["key"] = value` and `target = value` inside the paging loop.
    pub(crate) advances: Vec<Advance<'a>>,
    /// `for v in json["items"]` inside the paging loop.
    pub(crate) page_items: Option<&'a str>,
    /// `X.from_dict(...)`: the class expression, and true if it stands in a list comprehension.
    pub(crate) conversions: Vec<(&'a Expr, bool)>,
    pub(crate) returns: Vec<&'a Expr>,
    /// An argument that gets `str(uuid.uuid4())` when empty.
    pub(crate) idempotency: Option<&'a str>,
    in_loop: bool,
    in_list: bool,
}

/// The step from one page to the next in a paging loop.
pub(crate) enum Advance<'a> {
    /// `query["page_token"] = json["next_page_token"]`.
    Set {
        target: &'a str,
        key: &'a str,
        response: &'a str,
    },
    /// `query["startIndex"] += len(json["Resources"])`.
    AddCount { target: &'a str, key: &'a str },
    /// `query["page"] += 1`.
    AddOne { target: &'a str, key: &'a str },
    /// `body = json["next_page"]`.
    Replace { response: &'a str },
}

/// Reads the body of `method`.
pub(crate) fn read(method: &StmtFunctionDef) -> Statements<'_> {
    let mut statements = Statements::default();
    statements.visit_body(&method.body);
    statements
}

impl<'a> Statements<'a> {
    fn assign(&mut self, target: &'a Expr, value: &'a Expr) {
        let advances_from = item(value).filter(|_| self.in_loop);
        if let Some((target, key)) = item(target) {
            match advances_from {
                Some((_, response)) => self.advances.push(Advance::Set {
                    target,
                    key,
                    response,
                }),
                None => self.entries.push((target, key, value)),
            }
        } else if let Some(target) = name(target) {
            if let Some((_, response)) =
                advances_from.filter(|_| target == "body" || target == "query")
            {
                self.advances.push(Advance::Replace { response });
            } else if is_fresh_uuid(value) {
                self.idempotency = Some(target);
            } else if !self.in_loop {
                self.assignments.push((target, value));
            }
        }
    }
}

fn is_fresh_uuid(value: &Expr) -> bool {
    let inner = call(value)
        .filter(|c| name(&c.func) == Some("str"))
        .and_then(|c| c.arguments.args.first());
    inner
        .and_then(call)
        .is_some_and(|c| is_dotted(&c.func, &["uuid", "uuid4"]))
}

impl<'a> Visitor<'a> for Statements<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // A nested function is another method's business.
            Stmt::FunctionDef(_) => return,
            Stmt::Assign(assign) => {
                if let [target] = assign.targets.as_slice() {
                    self.assign(target, &assign.value);
                }
            }
            Stmt::AugAssign(assign) if self.in_loop => {
                if let Some((target, key)) = item(&assign.target) {
                    let one = integer(&assign.value) == Some(1);
                    self.advances.push(if one {
                        Advance::AddOne { target, key }
                    } else {
                        Advance::AddCount { target, key }
                    });
                }
            }
            Stmt::For(each) if self.in_loop => {
                if let Some((_, key)) = item(&each.iter) {
                    self.page_items = Some(key);
                }
            }
            Stmt::Return(returned) => self.returns.extend(returned.value.as_deref()),
            _ => {}
        }
        let outer = self.in_loop;
        self.in_loop |= matches!(statement, Stmt::While(_));
        walk_stmt(self, statement);
        self.in_loop = outer;
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Some((base, call)) = method_call(expression, "do")
            && is_dotted(base, &["self", "_api"])
        {
            self.requests.push(call);
        }
        if let Some((class, _)) = method_call(expression, "from_dict") {
            self.conversions.push((class, self.in_list));
        }
        let outer = self.in_list;
        self.in_list |= matches!(expression, Expr::ListComp(_));
        walk_expr(self, expression);
        self.in_list = outer;
    }
}

/// The argument behind a value put into a request: `x`, `x.value`, `x.as_dict()`,
/// `[v for v in x]` and the like.
pub(crate) fn argument(value: &Expr) -> Option<&str> {
    match value {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(_) => argument(attribute(value)?.0),
        Expr::Call(call) => match argument(&call.func)? {
            // `_escape_multi_segment_path_parameter(path)`.
            function if function.starts_with('_') => argument(call.arguments.args.first()?),
            argument => Some(argument),
        },
        Expr::ListComp(ExprListComp { generators, .. }) => argument(&generators.first()?.iter),
        _ => None,
    }
}

/// The strings of a list literal.
pub(crate) fn strings(value: &Expr) -> Vec<&str> {
    match value {
        Expr::List(list) => list.elts.iter().filter_map(string).collect(),
        _ => Vec::new(),
    }
}
