//! Names: the catalog and schema that a name means, and the names of result columns.

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, ObjectNamePart, Query, SelectItem, SetExpr,
};

use super::error::SqlError;

/// The meaning of unqualified names in one statement.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// Default catalog.
    pub(crate) catalog: String,
    /// Default schema.
    pub(crate) schema: String,
    /// The user who runs the statement.
    pub(crate) user: String,
}

impl Names {
    /// Catalog, schema and table of a table's name.
    ///
    /// # Errors
    /// Fails if the name has more than three parts.
    pub(crate) fn table(&self, name: &ObjectName) -> Result<(String, String, String), SqlError> {
        match parts(name).as_slice() {
            [table] => Ok((self.catalog.clone(), self.schema.clone(), table.clone())),
            [schema, table] => Ok((self.catalog.clone(), schema.clone(), table.clone())),
            [catalog, schema, table] => Ok((catalog.clone(), schema.clone(), table.clone())),
            _ => Err(SqlError::table_not_found(&name.to_string())),
        }
    }

    /// Catalog and schema of a schema's name.
    ///
    /// # Errors
    /// Fails if the name has more than two parts.
    pub(crate) fn schema(&self, name: &ObjectName) -> Result<(String, String), SqlError> {
        match parts(name).as_slice() {
            [schema] => Ok((self.catalog.clone(), schema.clone())),
            [catalog, schema] => Ok((catalog.clone(), schema.clone())),
            _ => Err(SqlError::schema_not_found(&name.to_string())),
        }
    }
}

/// The parts of a dotted name, in lower case and without quotes.
pub(crate) fn parts(name: &ObjectName) -> Vec<String> {
    name.0
        .iter()
        .filter_map(ObjectNamePart::as_ident)
        .map(|part| part.value.to_lowercase())
        .collect()
}

/// The columns a query projects, as far as its text tells.
pub(crate) struct Projection {
    leading: Vec<String>,
    trailing: Vec<String>,
    wildcard: bool,
}

impl Projection {
    /// Reads the projection of a query and makes repeated names unique, which DataFusion demands
    /// and Databricks does not.
    pub(crate) fn of(query: &mut Query) -> Option<Self> {
        let items = match leftmost(query.body.as_mut()) {
            Leaf::Select(items) => items,
            Leaf::Values(columns) => {
                let leading = (1..=columns).map(|column| format!("col{column}")).collect();
                return Some(Self {
                    leading,
                    trailing: Vec::new(),
                    wildcard: false,
                });
            }
            Leaf::Other => return None,
        };
        let mut projection = Self {
            leading: Vec::new(),
            trailing: Vec::new(),
            wildcard: false,
        };
        let mut seen: Vec<String> = Vec::new();
        for (position, item) in items.iter_mut().enumerate() {
            let Some(name) = item_name(item) else {
                projection.trailing.clear();
                projection.wildcard = true;
                continue;
            };
            if seen.contains(&name.to_lowercase()) {
                rename(item, format!("__column_{position}"));
            }
            seen.push(name.to_lowercase());
            if projection.wildcard {
                projection.trailing.push(name);
            } else {
                projection.leading.push(name);
            }
        }
        Some(projection)
    }

    /// The names to show, given the names DataFusion made up.
    pub(crate) fn names(&self, planned: &[String]) -> Vec<String> {
        let mut names = planned.to_vec();
        if !self.wildcard && planned.len() != self.leading.len() {
            return names;
        }
        let tail = planned.len().saturating_sub(self.trailing.len());
        for (name, written) in names.iter_mut().zip(&self.leading) {
            name.clone_from(written);
        }
        for (name, written) in names.iter_mut().skip(tail).zip(&self.trailing) {
            name.clone_from(written);
        }
        names
    }
}

enum Leaf<'a> {
    Select(&'a mut Vec<SelectItem>),
    Values(usize),
    Other,
}

fn leftmost(body: &mut SetExpr) -> Leaf<'_> {
    match body {
        SetExpr::Select(select) => Leaf::Select(&mut select.projection),
        SetExpr::Query(query) => leftmost(query.body.as_mut()),
        SetExpr::SetOperation { left, .. } => leftmost(left),
        SetExpr::Values(values) => {
            Leaf::Values(values.rows.first().map_or(0, |row| row.content.len()))
        }
        _ => Leaf::Other,
    }
}

fn item_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        SelectItem::UnnamedExpr(expr) => Some(expr_name(expr)),
        _ => None,
    }
}

/// Gives an unnamed constant a name of its own: DataFusion names some alike, such as `NULL` and
/// `CAST(NULL AS DOUBLE)`.
pub(crate) fn name_constant(item: &mut SelectItem, position: usize) {
    if is_constant(item) {
        rename(item, format!("__column_{position}"));
    }
}

fn is_constant(item: &SelectItem) -> bool {
    let SelectItem::UnnamedExpr(expr) = item else {
        return false;
    };
    let mut expr = expr;
    while let Expr::Cast { expr: inner, .. } | Expr::Nested(inner) = expr {
        expr = inner;
    }
    matches!(expr, Expr::Value(_))
}

fn rename(item: &mut SelectItem, name: String) {
    let alias = Ident::with_quote('`', name);
    if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
        *item = SelectItem::ExprWithAlias {
            expr: expr.clone(),
            alias,
        };
    }
}

/// `count(*)` is called `count(1)`; a column by its own name; all else by its text.
fn expr_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(names) => names
            .last()
            .map(|name| name.value.clone())
            .unwrap_or_default(),
        Expr::Value(value) => match value.value.clone().into_string() {
            Some(text) => text,
            None => value.to_string(),
        },
        Expr::Function(function) => {
            let mut function = function.clone();
            for part in &mut function.name.0 {
                if let ObjectNamePart::Identifier(name) = part {
                    name.value = name.value.to_lowercase();
                }
            }
            match function.to_string().as_str() {
                "count(*)" => "count(1)".to_owned(),
                text => text.to_owned(),
            }
        }
        other => other.to_string(),
    }
}
