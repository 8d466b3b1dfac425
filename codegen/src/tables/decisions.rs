//! What was decided about a tool, line by line, as its snapshot shows it to a reviewer.

use std::fmt::Write;

use super::Tables;
use super::tool_spec::{
    Access, Argument, BindFrom, Door, Effect, Field, Format, Kind, Next, Operation, Outcome,
    Paginate, Shape, Source, ToolSpec, Wait,
};

/// The decisions about a tool that its listing does not show.
pub(super) fn decisions(tables: &Tables, tool: &ToolSpec) -> String {
    let mut lines = Lines::default();
    lines.add("toolset", &tool.toolset);
    lines.list("presets", presets(tables, tool));
    lines.list("aliases", tool.aliases.0.iter().cloned());
    let renamed = tool.argument_aliases.0.iter();
    lines.list(
        "argument aliases",
        renamed.map(|(other, own)| format!("{other} → {own}")),
    );
    lines.list("flattened", tool.flatten.0.iter().cloned());
    lines.add(
        "access",
        match tool.access {
            Access::Read => "read",
            Access::Write => "write",
            Access::Destroy => "destroy",
        },
    );
    if tool.enforces_read_only {
        lines.add(
            "read-only mode",
            "served, its Rust lets only reading through",
        );
    }
    for sent in &tool.operations.0 {
        let by_the_way = if sent.primary { "" } else { ", by the way" };
        let known = tables.operations.0.iter().find(|one| one.id == sent.id);
        let effect = known.map(effect).unwrap_or_default();
        lines.add(
            "sends",
            &format!(
                "{} ({} {}): {effect}{by_the_way}",
                sent.id, sent.verb, sent.path
            ),
        );
    }
    if let Some(confirm) = &tool.confirm {
        let when = match confirm.when.as_str() {
            "" => String::new(),
            when => format!(" when {when}"),
        };
        lines.add("asks", &format!("{}{when}", confirm.message));
    }
    if let Door::Table(plan) = &tool.door {
        for argument in &plan.request.arguments.0 {
            if let Some(text) = sent_as(argument) {
                lines.add("argument", &text);
            }
        }
        if let Some(paginate) = &plan.paginate {
            lines.add("list", &pages(paginate));
        }
        shape(&mut lines, &plan.shape);
        if let Some(waiting) = &plan.wait {
            wait(&mut lines, waiting);
        }
    }
    for nearest in &tool.nearest.0 {
        let mut text = format!(
            "{}.{} for {}",
            nearest.list,
            nearest.of,
            nearest.named.0.join(".")
        );
        if !nearest.label.is_empty() {
            let _ = write!(text, ", by {} too", nearest.label);
        }
        if nearest.depth > 0 {
            let _ = write!(text, ", first {}", nearest.depth);
        }
        if !nearest.within.0.is_empty() {
            let _ = write!(text, ", within {}", nearest.within.0.join(", "));
        }
        if !nearest.code.is_empty() {
            let _ = write!(text, ", on {}", nearest.code);
        }
        lines.add("close names", &text);
    }
    lines.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, value: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{name}: {value}");
    }

    /// A line for all, or none where there is nothing.
    fn list(&mut self, name: &str, values: impl Iterator<Item = String>) {
        let values: Vec<String> = values.collect();
        if !values.is_empty() {
            self.add(name, &values.join(", "));
        }
    }
}

/// The presets that serve the tool. `all` serves every one.
fn presets(tables: &Tables, tool: &ToolSpec) -> impl Iterator<Item = String> {
    let serving = tables.presets.0.iter().filter(|(preset, parts)| {
        preset != "all" && (parts.0.contains(&tool.toolset) || parts.0.contains(&tool.name))
    });
    serving.map(|(preset, _)| preset.clone())
}

fn effect(operation: &Operation) -> String {
    let word = |effect| match effect {
        Effect::Reads => "reads",
        Effect::Writes => "writes",
        Effect::Destroys => "destroys",
        Effect::Reveals => "reveals a secret",
        Effect::Grants => "changes who may do what",
    };
    let mut text = word(operation.effect).to_owned();
    for under in &operation.under.0 {
        let _ = write!(text, ", {} with {}", word(under.effect), under.argument);
    }
    text
}

/// An argument that is not sent as the caller gives it, under the name that the caller uses.
fn sent_as(argument: &Argument) -> Option<String> {
    let source = match &argument.source {
        Source::Caller => String::new(),
        Source::CallerOr(json) => format!(", {json} when left out"),
        Source::CallerOrUnless(json, other) => format!(", {json} when left out without {other}"),
        Source::Constant(json) => format!(", always {json}"),
        Source::Uuid => ", a new UUID".to_owned(),
        Source::CallerOrWarehouse => ", the configured warehouse when left out".to_owned(),
        Source::CallerOrWorkspace => ", the workspace's id when left out".to_owned(),
    };
    let coded = if argument.base64 { ", as base64" } else { "" };
    let time = if argument.time {
        ", a time as milliseconds"
    } else {
        ""
    };
    let notes = format!("{source}{coded}{time}");
    (argument.name != argument.wire || !notes.is_empty())
        .then(|| format!("{} → {}{notes}", argument.name, argument.wire))
}

fn pages(paginate: &Paginate) -> String {
    let mut text = format!("{} rows", paginate.limit);
    if let Some(size) = &paginate.size {
        let _ = write!(
            text,
            ", at most {} a request by {}",
            size.maximum, size.wire.name
        );
    }
    let next = match &paginate.next {
        None => "one page".to_owned(),
        Some(Next::ByToken(wire, field)) => format!("next page by {} from {field}", wire.name),
        Some(Next::ByOffset(wire, first)) => format!("next page by {} from {first}", wire.name),
        Some(Next::ByPage(wire, first)) => {
            format!("next page by number {} from {first}", wire.name)
        }
        Some(Next::ByRequest(field)) => format!("next page by what {field} holds"),
    };
    let _ = write!(text, ", {next}");
    text
}

fn shape(lines: &mut Lines, shape: &Shape) {
    if !shape.items.is_empty() {
        lines.add("rows", &shape.items);
    }
    for only in &shape.filter.0 {
        lines.add("only", &format!("{} = {}", only.field, values(&only.any.0)));
    }
    fields(lines, "", &shape.fields.0);
    match shape.format {
        Format::Json => {}
        Format::Grid => lines.add("text", "table"),
        Format::Plain => lines.add("text", "plain"),
    }
    if !shape.empty.is_empty() {
        lines.add("empty", &shape.empty);
    }
}

/// The values that a field may have; no value is told in words.
fn values(any: &[String]) -> String {
    let shown = any.iter().map(|value| match value.as_str() {
        "" => "nothing",
        value => value,
    });
    shown.collect::<Vec<_>>().join(" or ")
}

fn fields(lines: &mut Lines, within: &str, shown: &[Field]) {
    for field in shown {
        let reading = match field.kind {
            Kind::Timestamp => " as a time",
            Kind::Seconds => " as seconds",
            Kind::Base64 => " as text of base64",
            _ => "",
        };
        let name = format!("{within}{}", field.name);
        lines.add("shows", &format!("{name} ← {}{reading}", field.path));
        fields(lines, &format!("{name}."), &field.fields.0);
    }
}

fn wait(lines: &mut Lines, wait: &Wait) {
    let mut text = format!("by {}", wait.poll.operation);
    for (argument, does) in [(&wait.within, "shortened"), (&wait.every, "paced")] {
        if !argument.is_empty() {
            let _ = write!(text, ", {does} by {argument}");
        }
    }
    lines.add("waits", &text);
    for bind in &wait.bind.0 {
        let from = match bind.from {
            BindFrom::Request => "request",
            BindFrom::Response => "response",
        };
        lines.add(
            "polls with",
            &format!("{} ← {from}.{}", bind.name, bind.path),
        );
    }
    lines.add("state", &wait.state);
    if !wait.message.is_empty() {
        lines.add("message", &wait.message);
    }
    for until in &wait.until.0 {
        let all = until.all.0.iter();
        let all: Vec<String> = all
            .map(|one| format!("{} = {}", one.field, values(&one.any.0)))
            .collect();
        let word = match until.is {
            Outcome::Success => "succeeds when",
            Outcome::Failure => "fails when",
        };
        lines.add(word, &all.join(" and "));
    }
    if let Some(progress) = &wait.progress {
        let done = &progress.done;
        lines.add(
            "progress",
            &format!(
                "{} whose {} = {}",
                progress.items,
                done.field,
                values(&done.any.0)
            ),
        );
    }
    if let Some(cancel) = &wait.cancel {
        lines.add("cancels by", &cancel.operation);
    }
    lines.add("resumed by", &wait.resume);
    if wait.explain != wait.resume {
        lines.add("explained by", &wait.explain);
    }
}
