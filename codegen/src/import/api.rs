//! Joins the modules into one API: ids, expanded paths, aliases and page containers.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{Error, Stale};
use super::model::{
    Api, Class, Field, Level, Location, Module, Operation, Paginate, Response, Schema, Type,
};
use super::overlay::Overlay;
use super::resource_name;

/// Joins `modules`, which come in the order of their names, and applies the overlay.
pub(crate) fn assemble(modules: Vec<Module>, overlay: &Overlay) -> Result<Api, Error> {
    let mut api = Api {
        modules: modules.iter().map(|m| m.name.clone()).collect(),
        schemas: BTreeMap::new(),
        operations: Vec::new(),
        waiters: BTreeMap::new(),
        long_running: BTreeMap::new(),
    };
    for module in modules {
        let of_module = module.name;
        let class = |name| Class {
            module: of_module.clone(),
            name,
        };
        api.schemas.extend(
            module
                .schemas
                .into_iter()
                .map(|(name, schema)| (class(name), schema)),
        );
        api.operations.extend(module.operations);
        api.waiters.extend(
            module
                .waiters
                .into_iter()
                .map(|(a, m, w)| ((of_module.clone(), a, m), w)),
        );
        api.long_running.extend(
            module
                .long_running
                .into_iter()
                .map(|(name, l)| ((of_module.clone(), name), l)),
        );
    }
    name_operations(&mut api.operations);
    let mut prefixes = BTreeSet::new();
    for operation in &mut api.operations {
        prefixes.extend(resource_name::expand(operation));
    }
    for operation in &mut api.operations {
        resource_name::mark_unexpanded(operation, &prefixes);
    }
    let mut stale = overlay.set_paths(&mut api.operations);
    agree_on_variables(&mut api.operations);
    collapse_aliases(&mut api.operations);
    let open = find_page_containers(&mut api, overlay, &mut stale);
    stale.extend(overlay.add_operations(&mut api));
    if !stale.is_empty() {
        stale.sort();
        return Err(Error::StaleOverlay { stale });
    }
    if !open.is_empty() {
        return Err(Error::Inconsistent { problems: open });
    }
    refuse_collisions(&api.operations)?;
    Ok(api)
}

/// Refuses two operations of one document with the same verb and path, for which it has only one place.
fn refuse_collisions(operations: &[Operation]) -> Result<(), Error> {
    let mut places: BTreeMap<(Level, &str, &str, String), Vec<&str>> = BTreeMap::new();
    for operation in operations {
        let place = (
            operation.level,
            operation.module.as_str(),
            operation.verb.as_str(),
            resource_name::shape(&operation.path),
        );
        places.entry(place).or_default().push(&operation.id);
    }
    let crowded = places.iter().filter(|(_, ids)| ids.len() > 1);
    let problems: Vec<String> = crowded
        .map(|((_, _, verb, path), ids)| {
            format!("{verb} {path} belongs to several operations: `{}`\nhint: add `set_path` entries to overlay.yaml", ids.join("`, `"))
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Inconsistent { problems })
    }
}

/// Names operations `<api>.<method>`. If two APIs share a class name, the account's gets the prefix `account_`.
fn name_operations(operations: &mut [Operation]) {
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in operations.iter() {
        owners
            .entry(operation.api.clone())
            .or_default()
            .insert(operation.module.clone());
    }
    for operation in operations {
        let api = snake_case(operation.api.trim_end_matches("API"));
        let shared = owners
            .get(&operation.api)
            .is_some_and(|modules| modules.len() > 1);
        let prefix = if shared && operation.level == Level::Account {
            "account_"
        } else {
            ""
        };
        operation.id = format!("{prefix}{api}.{}", operation.method);
    }
}

/// Converts `StatementExecution` to `statement_execution`, `GroupsV2` to `groups_v2`, `OAuthApps` to `oauth_apps`.
pub(crate) fn snake_case(name: &str) -> String {
    let name = name.replace("OAuth", "Oauth");
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|b| chars.get(b));
        let after = chars.get(i + 1);
        let opens_word = before.is_some_and(|b| !b.is_ascii_uppercase())
            || after.is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && before.is_some() && opens_word {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Gives the operations of one path the same variable names, the most used ones, so that the path is one item
/// in the document.
fn agree_on_variables(operations: &mut [Operation]) {
    let mut uses: BTreeMap<(Level, String), BTreeMap<String, usize>> = BTreeMap::new();
    for operation in operations.iter() {
        let key = (operation.level, resource_name::shape(&operation.path));
        *uses
            .entry(key)
            .or_default()
            .entry(operation.path.clone())
            .or_default() += 1;
    }
    for operation in operations {
        let Some(paths) = uses.get(&(operation.level, resource_name::shape(&operation.path)))
        else {
            continue;
        };
        let most = paths.values().max().copied().unwrap_or_default();
        let Some((winner, _)) = paths.iter().find(|(_, count)| **count == most) else {
            continue;
        };
        if *winner != operation.path {
            rename_variables(operation, winner);
        }
    }
}

fn rename_variables(operation: &mut Operation, winner: &str) {
    let from: Vec<String> = resource_name::variables(&operation.path)
        .into_iter()
        .map(str::to_owned)
        .collect();
    let to = resource_name::variables(winner);
    let mut renamed = Vec::new();
    for (from, to) in from.iter().zip(to) {
        let index = operation
            .parameters
            .iter()
            .position(|p| p.location == Location::Path && p.field.wire == *from);
        renamed.extend(index.map(|i| (i, from.clone(), to.to_owned())));
    }
    for (index, from, to) in renamed {
        if let Some(resource) = &mut operation.resource {
            *resource = resource.replace(&format!("{{{from}}}"), &format!("{{{to}}}"));
        }
        if let Some(parameter) = operation.parameters.get_mut(index) {
            parameter.field.wire = to;
        }
    }
    operation.path = winner.to_owned();
}

/// Merges operations that two classes of one module offer with the same verb and path: one id is kept, and the
/// others become its aliases. Operations of two modules stay apart, since each has a document of its own.
fn collapse_aliases(operations: &mut Vec<Operation>) {
    let mut places: BTreeMap<(Level, String, String, String), Vec<Operation>> = BTreeMap::new();
    for operation in operations.drain(..) {
        let place = (
            operation.level,
            operation.module.clone(),
            operation.verb.clone(),
            resource_name::shape(&operation.path),
        );
        places.entry(place).or_default().push(operation);
    }
    for mut same in places.into_values() {
        let apis: BTreeSet<&str> = same.iter().map(|o| o.api.as_str()).collect();
        // Within one class, two operations share a path and neither is an alias.
        if apis.len() < same.len() {
            operations.append(&mut same);
            continue;
        }
        same.sort_by_cached_key(keeping_order);
        let aliases = same.split_off(1);
        for kept in &mut same {
            kept.aliases = aliases.iter().map(|o| o.id.clone()).collect();
        }
        operations.append(&mut same);
    }
    operations.sort_by(|a, b| (&a.module, &a.id).cmp(&(&b.module, &b.id)));
}

/// The order in which ids are preferred: not deprecated, not of a V2 class, of the API that the path names.
fn keeping_order(operation: &Operation) -> (bool, bool, bool, String) {
    let api = operation
        .id
        .split('.')
        .next()
        .unwrap_or_default()
        .to_owned();
    let named_in_path = operation.path.split('/').any(|segment| segment == api);
    (
        operation.deprecated,
        operation.api.contains("V2"),
        !named_in_path,
        operation.id.clone(),
    )
}

/// Finds the class of each page by its fields, because the SDK only yields the items. Returns a sentence for
/// each that stays open, and adds the overlay's entries that do not apply to `stale`.
fn find_page_containers(api: &mut Api, overlay: &Overlay, stale: &mut Vec<Stale>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut settled = overlay.page_containers(&api.operations, stale);
    for operation in &mut api.operations {
        let Response::Page { items, item } = &operation.response else {
            continue;
        };
        let token = operation.paging.as_ref().and_then(|p| match &p.style {
            Paginate::Token { response, .. } | Paginate::NextRequest { response } => {
                Some(response.as_str())
            }
            _ => None,
        });
        let candidates: Vec<&Class> = api
            .schemas
            .iter()
            .filter(|(class, schema)| {
                class.module == operation.module && holds_page(schema, items, item, token)
            })
            .map(|(class, _)| class)
            .collect();
        let by_name = || {
            let wanted = format!("{}response", operation.method.replace('_', ""));
            candidates
                .iter()
                .find(|c| c.name.to_ascii_lowercase() == wanted)
                .copied()
        };
        let entry = settled.remove(&operation.id);
        let found = match (candidates.as_slice(), entry) {
            ([only], None) => Some((*only).clone()),
            ([only], Some(entry)) => {
                stale.push(entry.stale("the page's class is no longer ambiguous"));
                Some((*only).clone())
            }
            (_, Some(entry)) => match entry.container(&candidates) {
                Ok(class) => Some(class),
                Err(entry) => {
                    stale.push(entry);
                    continue;
                }
            },
            (_, None) => by_name().cloned(),
        };
        match found {
            Some(class) => operation.response = Response::Json(Type::Class(class)),
            None => problems.push(format!(
                "cannot tell which class holds the pages of `{}`: {}\nhint: add a `set_page_items` entry to overlay.yaml",
                operation.id,
                candidates.iter().map(|c| format!("`{}`", c.name)).collect::<Vec<_>>().join(", "),
            )),
        }
    }
    problems
}

fn holds_page(schema: &Schema, items: &str, item: &Type, token: Option<&str>) -> bool {
    let Schema::Object(fields) = schema else {
        return false;
    };
    let list = Type::List(Box::new(item.clone()));
    let has = |test: &dyn Fn(&Field) -> bool| fields.iter().any(test);
    has(&|f| f.wire == items && f.ty == list) && token.is_none_or(|token| has(&|f| f.wire == token))
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn class_names_become_words() {
        for (class, api) in [
            ("Jobs", "jobs"),
            ("StatementExecution", "statement_execution"),
            ("AccountIamV2", "account_iam_v2"),
            ("OAuthPublishedApps", "oauth_published_apps"),
            ("QualityMonitorV2", "quality_monitor_v2"),
            ("SQLQueries", "sql_queries"),
        ] {
            assert_eq!(snake_case(class), api);
        }
    }
}
