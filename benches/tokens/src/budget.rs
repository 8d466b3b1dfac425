//! The token budget: fixed bounds for the catalog, and growth limits against the baseline.

use crate::baseline::Baseline;
use crate::measure::{Cost, Group, presets, toolsets};

/// Most tools in the preset `default`, whatever is added: where one joins, a weaker one leaves.
const DEFAULT_TOOLS: usize = 40;
/// Most tokens in the preset `default`.
const DEFAULT_TOKENS: usize = 4_500;
/// Most tokens of the median tool.
const MEDIAN: usize = 120;
/// Most tokens of all tools together.
const ALL_TOKENS: usize = 30_000;
/// Growth allowed without a new baseline, in percent.
const GROWTH: usize = 5;

/// Every violation of the budget, one sentence each.
pub(crate) fn problems(measured: &[Cost], baseline: &Baseline) -> Vec<String> {
    let mut problems = bounds(measured);
    for cost in measured {
        match baseline.0.get(&cost.tool) {
            Some(before) => problems.extend(grown("tool", &cost.tool, cost.tokens, *before)),
            None => problems.push(format!("no baseline for `{}`", cost.tool)),
        }
    }
    for name in baseline.0.keys() {
        if !measured.iter().any(|cost| cost.tool == *name) {
            problems.push(format!("the baseline has a tool that is gone: `{name}`"));
        }
    }
    let groups = [("toolset", toolsets()), ("preset", presets())];
    for (what, groups) in groups {
        for group in groups {
            let before = baseline.of_group(&group, measured);
            problems.extend(grown(what, group.name, total(&group, measured), before));
        }
    }
    problems
}

pub(crate) fn total(group: &Group, measured: &[Cost]) -> usize {
    let members = measured.iter().filter(|cost| group.has(cost));
    members.map(|cost| cost.tokens).sum()
}

pub(crate) fn median(measured: &[Cost]) -> usize {
    let mut tokens: Vec<usize> = measured.iter().map(|cost| cost.tokens).collect();
    tokens.sort_unstable();
    tokens.get(tokens.len() / 2).copied().unwrap_or_default()
}

fn bounds(measured: &[Cost]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut bound = |what: &str, is: usize, most: usize| {
        if is > most {
            problems.push(format!("{what}: {is}, at most {most}"));
        }
    };
    for preset in presets() {
        let tools = measured.iter().filter(|cost| preset.has(cost)).count();
        match preset.name {
            "default" => {
                bound("tools of preset `default`", tools, DEFAULT_TOOLS);
                let tokens = total(&preset, measured);
                bound("tokens of preset `default`", tokens, DEFAULT_TOKENS);
            }
            "all" => bound("tokens of all tools", total(&preset, measured), ALL_TOKENS),
            _ => {}
        }
    }
    bound("tokens of the median tool", median(measured), MEDIAN);
    problems
}

fn grown(what: &str, name: &str, is: usize, was: usize) -> Option<String> {
    (is * 100 > was * (100 + GROWTH) && was > 0).then(|| {
        format!("{what} `{name}` grew by more than {GROWTH} %: {is} tokens, the baseline has {was}")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::path::Path;

    use super::*;
    use crate::measure::measure;

    fn committed() -> Baseline {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        Baseline::read_from(&root.join(crate::baseline::PATH)).unwrap()
    }

    #[test]
    fn the_catalogue_keeps_to_its_budget_and_its_baseline() {
        let problems = problems(&measure().unwrap(), &committed());
        let hint = "shorten the tools, or run `make tokens ACCEPT=1` and say why in the commit";
        assert!(problems.is_empty(), "{}\nhint: {hint}", problems.join("\n"));
    }

    #[test]
    fn growth_over_the_baseline_is_named_by_tool_toolset_and_preset() {
        let mut measured = measure().unwrap();
        let baseline = Baseline::of(&measured);
        assert_eq!(problems(&measured, &baseline), Vec::<String>::new());
        let before = measured[0].tokens;
        measured[0].tokens = before + before / 20;
        let grown = problems(&measured, &baseline);
        // The preset may be at its bound, which holds whatever grows.
        let grew = grown.iter().any(|problem| problem.contains("grew"));
        assert!(!grew, "5 % may be: {grown:?}");
        measured[0].tokens = before * 10;
        let named = problems(&measured, &baseline).join("\n");
        for wanted in [
            format!("tool `{}` grew", measured[0].tool),
            "toolset `sql` grew".to_owned(),
            "preset `default` grew".to_owned(),
            "preset `all` grew".to_owned(),
        ] {
            assert!(named.contains(&wanted), "{wanted}: {named}");
        }
    }

    #[test]
    fn a_tool_without_a_row_and_a_row_without_a_tool_are_named() {
        let measured = measure().unwrap();
        let mut baseline = Baseline::of(&measured);
        baseline.0.shift_remove("execute_sql");
        baseline.0.insert("dance".to_owned(), 1);
        let named = problems(&measured, &baseline);
        assert!(named.contains(&"no baseline for `execute_sql`".to_owned()));
        assert!(named.contains(&"the baseline has a tool that is gone: `dance`".to_owned()));
    }

    #[test]
    fn bounds_hold_whatever_the_baseline_admits() {
        let mut measured = measure().unwrap();
        for cost in &mut measured {
            cost.tokens += 200;
        }
        let named = problems(&measured, &Baseline::of(&measured)).join("\n");
        for wanted in ["of preset `default`", "of all tools", "of the median tool"] {
            assert!(named.contains(wanted), "{wanted}: {named}");
        }
    }

    #[test]
    fn the_vocabulary_is_o200k() {
        // The count of npm's gpt-tokenizer 4.0.
        let text = "Run one SQL statement on a warehouse and wait for its rows: naïve, 数据, `execute_sql`.";
        let count = tiktoken_rs::o200k_base_singleton()
            .encode_ordinary(text)
            .len();
        assert_eq!(count, 22);
    }
}
