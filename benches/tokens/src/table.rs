//! The printed table: every tool with its baseline, then the presets.

use crate::baseline::Baseline;
use crate::budget::{median, total};
use crate::measure::{Cost, Group, presets, toolsets};

pub(crate) fn of_all(measured: &[Cost], baseline: &Baseline) -> String {
    let was = |before: Option<usize>, is: usize| match before {
        Some(before) if before == is => String::new(),
        Some(before) => before.to_string(),
        None => "none".to_owned(),
    };
    let mut text = line("", "tools", "tokens", "baseline");
    let group = |group: &Group, members: &[&Cost]| {
        let is = total(group, measured);
        let before = was(Some(baseline.of_group(group, measured)), is);
        line(
            group.name,
            &members.len().to_string(),
            &is.to_string(),
            &before,
        )
    };
    let members =
        |group: &Group| -> Vec<&Cost> { measured.iter().filter(|cost| group.has(cost)).collect() };
    for set in toolsets() {
        let members = members(&set);
        text.push_str(&group(&set, &members));
        for cost in members {
            let before = was(baseline.0.get(&cost.tool).copied(), cost.tokens);
            let name = format!("  {}", cost.tool);
            text.push_str(&line(&name, "", &cost.tokens.to_string(), &before));
        }
    }
    text.push_str("\npresets\n");
    for preset in presets() {
        text.push_str(&group(&preset, &members(&preset)));
    }
    text.push_str(&format!("\nmedian tool: {} tokens\n", median(measured)));
    text
}

fn line(name: &str, tools: &str, tokens: &str, before: &str) -> String {
    format!("{name:<34} {tools:>6} {tokens:>7} {before:>9}\n")
}

/// The totals of the default preset, for the table of `make bench`.
pub(crate) fn of_default(measured: &[Cost]) -> String {
    let default = presets()
        .into_iter()
        .find(|preset| preset.name == "default");
    let Some(default) = default else {
        return String::new();
    };
    let members = measured.iter().filter(|cost| default.has(cost));
    let most = members.max_by_key(|cost| cost.tokens);
    let most = most.map(|cost| format!(", {} most with {}", cost.tool, cost.tokens));
    format!("{}{}", total(&default, measured), most.unwrap_or_default())
}
