//! Rules that the rows of all tools keep, so that an agent meets the same everywhere: names, times.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use databricks_mcp::api::Facts;
use databricks_mcp::catalog::{Door, Field, Kind, OperationFacts, Plan, TOOLS};
use serde_json::Value;

fn plans() -> impl Iterator<Item = (&'static str, &'static Plan)> {
    TOOLS.iter().filter_map(|tool| match &tool.door {
        Door::Table(plan) => Some((tool.name, plan)),
        Door::Behaviour(_) => None,
    })
}

/// Tells whether a name is one of a point in time.
fn is_time(name: &str) -> bool {
    let ends = [
        "_time",
        "_time_ms",
        "_time_from",
        "_time_to",
        "_at",
        "_ts",
        "_date",
    ];
    ends.iter().any(|end| name.ends_with(end)) || name.contains("timestamp") || name == "time"
}

#[test]
fn every_tool_that_takes_a_full_name_offers_close_ones() {
    // A model without a schema is listed for all.
    let lists = ["list_registered_models"];
    let mut without = Vec::new();
    for (name, plan) in plans() {
        let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap();
        for argument in plan.request.arguments {
            let named = matches!(
                argument.name,
                "full_name" | "table_name" | "catalog_name" | "entity_name"
            );
            let offers =
                |nearest: &databricks_mcp::catalog::Nearest| nearest.named.contains(&argument.name);
            if named && !lists.contains(&name) && !tool.nearest.iter().any(offers) {
                without.push(format!("{name}: {}", argument.name));
            }
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn every_argument_that_is_a_job_offers_the_ids_of_names() {
    let mut without = Vec::new();
    for (name, plan) in plans() {
        let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap();
        let takes = plan
            .request
            .arguments
            .iter()
            .any(|argument| argument.name == "job_id");
        let offers = tool
            .nearest
            .iter()
            .any(|nearest| nearest.named == ["job_id"]);
        if takes && !offers {
            without.push(name);
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn every_time_is_taken_in_any_form() {
    let facts = Facts::get().unwrap();
    let mut numbers = Vec::new();
    for (name, plan) in plans() {
        let known = facts.operation(plan.request.operation).unwrap();
        for argument in plan.request.arguments {
            let param = known
                .params
                .iter()
                .find(|param| param.name == argument.wire);
            let integer = param.is_some_and(|param| param.schema["type"] == "integer");
            if integer && is_time(argument.wire) && !argument.time {
                numbers.push(format!("{name}: {}", argument.name));
            }
        }
    }
    assert!(numbers.is_empty(), "{numbers:#?}");
}

#[test]
fn the_rule_about_times_finds_a_number() {
    let facts = Facts::get().unwrap();
    let run = facts.operation("jobs.get_run").unwrap();
    let mut numbers = Vec::new();
    let whole = run.response.as_ref().unwrap();
    let repairs = facts.schemas.field(whole, "repair_history").unwrap();
    held("repairs", "repair_history", repairs, facts, 0, &mut numbers);
    assert!(
        numbers.contains(&"repairs.start_time".to_owned()),
        "{numbers:?}"
    );
}

#[test]
fn no_time_is_shown_as_a_number() {
    let facts = Facts::get().unwrap();
    let mut numbers = Vec::new();
    for (name, plan) in plans() {
        let polled = plan.wait.as_ref().map(|wait| wait.poll.operation);
        let operation = polled.unwrap_or(plan.request.operation);
        let known = facts.operation(operation).unwrap();
        shown(
            name,
            plan.shape.fields,
            plan.shape.items,
            known,
            facts,
            &mut numbers,
        );
    }
    assert!(numbers.is_empty(), "{numbers:#?}");
}

/// Adds the shown fields that are, or hold, a number that is a time.
fn shown(
    tool: &str,
    fields: &[Field],
    within: &str,
    known: &OperationFacts,
    facts: &Facts,
    numbers: &mut Vec<String>,
) {
    for field in fields {
        let path = match within {
            "" => field.path.to_owned(),
            within => format!("{within}.{}", field.path),
        };
        if !field.fields.is_empty() {
            shown(tool, field.fields, &path, known, facts, numbers);
            continue;
        }
        if matches!(field.kind, Kind::Timestamp | Kind::Seconds) {
            continue;
        }
        let Some(response) = &known.response else {
            continue;
        };
        let Ok(schema) = facts.schemas.field(response, &path) else {
            continue;
        };
        let last = path.rsplit('.').next().unwrap();
        held(&format!("{tool}: {path}"), last, schema, facts, 0, numbers);
    }
}

fn held(
    path: &str,
    name: &str,
    schema: &Value,
    facts: &Facts,
    depth: usize,
    numbers: &mut Vec<String>,
) {
    let schema = facts.schemas.resolve(schema);
    if schema["type"] == "integer" && is_time(name) {
        numbers.push(path.to_owned());
    }
    if depth > 3 {
        return;
    }
    if let Some(items) = schema.get("items") {
        held(path, name, items, facts, depth + 1, numbers);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        held(
            &format!("{path}.{name}"),
            name,
            property,
            facts,
            depth + 1,
            numbers,
        );
    }
}

/// The Rust files below a folder.
fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_count_is_told_with_a_plural_that_may_be_wrong() {
    // `1 rows` reads as a mistake: `shape::counted` takes the count and the noun.
    let count = regex::Regex::new(
        r"\{[a-z_.()]*\} (more )?(rows|bytes|files|folders|cells|changes|answers|statements|images|iterations|runs|tasks|columns|tables|names|entries|results|notebooks)\b",
    )
    .unwrap();
    let mut files = Vec::new();
    sources(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    assert!(files.len() > 100, "{}", files.len());
    // Large by their nature, or of things that are more than one whenever they are told.
    let known = [
        "it breaks off after {} bytes",
        "it broke off after {} bytes",
        "[image: {kind}, {} bytes]",
        "[image: {}, {} bytes]",
        "{count} statements, and {MOST} is the most",
        "was cut at {most} rows",
        "The first {kept} of {all} columns",
        "{bytes} bytes",
        "more than {most} files",
        "{ROWS} of {all} rows",
        // No counts.
        "{verb} changes",
        "{verb} runs",
    ];
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        // The tests of a file stand at its end.
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines() {
            let is_said = line.contains('"') && !line.trim_start().starts_with("//");
            let is_known = known.iter().any(|known| line.contains(known));
            if is_said && !is_known && count.is_match(line) {
                wrong.push(format!("{}: {}", file.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for tool in TOOLS {
        let asks = tool.confirm.as_ref().map_or("", |confirm| confirm.message);
        assert!(!count.is_match(asks), "{}: {asks}", tool.name);
    }
}
