//! Guesses for an unknown tool name. A tool that destroys is guessed only from a misspelling of its own name.

use crate::catalog::{Access, TOOLS, ToolSpec};

/// Tools in a guess, at most.
const NAMED: usize = 3;
/// Characters of a name that is guessed at. No tool's name is half as long, and the distance of two texts takes time
/// that grows with both.
const LONGEST: usize = 100;

/// The tools that an unknown name may mean.
#[derive(Debug)]
pub(super) enum Near {
    /// This tool for certain: the name misspells its name, or adds something before or after it.
    Meant(&'static ToolSpec),
    /// Tools that share a word with the name, served ones first.
    Sharing(String, Vec<&'static ToolSpec>),
    /// No tool.
    Nothing,
}

/// The names that a tool answers to: its own and its aliases.
pub(super) fn answers_to(tool: &'static ToolSpec) -> impl Iterator<Item = &'static str> {
    std::iter::once(tool.name).chain(tool.aliases.iter().copied())
}

/// Guesses the tools that `asked` may mean. Among equals, a tool that is served wins.
pub(super) fn near(asked: &str, served: impl Fn(&ToolSpec) -> bool) -> Near {
    if asked.chars().nth(LONGEST).is_some() {
        return Near::Nothing;
    }
    let asked = words(asked).join("_");
    if let Some(tool) = misspelt(&asked, &served).or_else(|| within(&asked)) {
        return Near::Meant(tool);
    }
    sharing(&asked, served)
}

fn misspelt(asked: &str, served: impl Fn(&ToolSpec) -> bool) -> Option<&'static ToolSpec> {
    let names = TOOLS
        .iter()
        .flat_map(|tool| answers_to(tool).map(move |name| (name, tool)));
    let close = names.filter_map(|(name, tool)| {
        let letters = strsim::osa_distance(asked, name);
        // A short name with two other letters is a different name.
        let typo = letters <= (name.len() / 4).min(2);
        // The verb of another tool is no slip for the verb of one that destroys.
        let slip = letters < 2 || !destroys(tool) || first(asked) == first(name);
        ((typo || alike(asked, name)) && slip).then_some((letters, !served(tool), tool))
    });
    close
        .min_by_key(|(letters, unserved, _)| (*letters, *unserved))
        .map(|(_, _, tool)| tool)
}

/// Tells whether two names are the same but for slips. Words are compared one by one, so that `list_workspace` is not
/// `list_workspace_models`.
fn alike(left: &str, right: &str) -> bool {
    let same = |(left, right): (&str, &str)| strsim::jaro_winkler(left, right) >= 0.85;
    left.matches('_').count() == right.matches('_').count()
        && strsim::jaro_winkler(left, right) >= 0.93
        && left.split('_').zip(right.split('_')).all(same)
}

/// Finds the tool with the longest name at the end of `asked`, or anywhere in it if the tool destroys nothing.
fn within(asked: &str) -> Option<&'static ToolSpec> {
    let padded = format!("_{asked}_");
    let held = |name: &str, tool: &ToolSpec| {
        let before = padded.ends_with(&format!("_{name}_"));
        // `delete_job_run` asks for something else than `delete_job`.
        let anywhere = !destroys(tool) && padded.contains(&format!("_{name}_"));
        // A name of one word is too general: `model_metrics` is not `metrics`.
        (before || anywhere) && name.contains('_')
    };
    let names = TOOLS
        .iter()
        .flat_map(|tool| answers_to(tool).map(move |name| (name, tool)));
    names
        .filter(|(name, tool)| held(name, tool))
        .max_by_key(|(name, _)| name.len())
        .map(|(_, tool)| tool)
}

fn sharing(asked: &str, served: impl Fn(&ToolSpec) -> bool) -> Near {
    let Some(word) = asked.rsplit('_').next().filter(|word| !word.is_empty()) else {
        return Near::Nothing;
    };
    let shares = |tool: &&'static ToolSpec| {
        answers_to(tool).any(|name| name.split('_').any(|part| singular(part) == singular(word)))
    };
    let tools = TOOLS.iter().filter(|tool| !destroys(tool)).filter(shares);
    let mut tools: Vec<&ToolSpec> = tools.collect();
    let rank = |access| match access {
        Access::Read => 0,
        Access::Write => 1,
        Access::Destroy => 2,
    };
    tools.sort_by_key(|tool| {
        let aside = tool.name.rsplit('_').next().map(singular) != Some(singular(word));
        let other_verb = first(tool.name) != first(asked);
        (!served(tool), rank(tool.access), aside, other_verb)
    });
    tools.truncate(NAMED);
    if tools.is_empty() {
        Near::Nothing
    } else {
        Near::Sharing(word.to_owned(), tools)
    }
}

/// Tells whether a tool destroys and always asks the user first.
fn destroys(tool: &ToolSpec) -> bool {
    let asks = tool.confirm.as_ref();
    tool.access == Access::Destroy && asks.is_some_and(|confirm| confirm.when.is_empty())
}

fn first(name: &str) -> &str {
    name.split('_').next().unwrap_or_default()
}

/// Splits a name into lower-case words, whether it is written `listJobs`, `list-jobs` or `Databricks.list_jobs`.
fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            spaced.push('_');
        }
        spaced.extend(letter.to_lowercase());
        before = letter;
    }
    let words = spaced.split(|letter: char| !letter.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// The singular of a word: `job` of `jobs`, `policy` of `policies`, `branch` of `branches`.
fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let es = ["ches", "shes", "sses", "xes"];
    if es.iter().any(|end| word.ends_with(end)) {
        return word.strip_suffix("es").unwrap_or(word).to_owned();
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;

    fn of_default(tool: &ToolSpec) -> bool {
        ["sql", "catalog", "clusters", "jobs", "workspace"].contains(&tool.toolset)
    }

    fn meant(asked: &str) -> &'static str {
        match near(asked, of_default) {
            Near::Meant(tool) => tool.name,
            other => panic!("{asked}: {other:?}"),
        }
    }

    fn shared(asked: &str) -> Vec<&'static str> {
        match near(asked, of_default) {
            Near::Sharing(_, tools) => tools.iter().map(|tool| tool.name).collect(),
            other => panic!("{asked}: {other:?}"),
        }
    }

    #[test]
    fn a_misspelling_or_a_longer_name_means_the_tool() {
        for (asked, name) in [
            ("list_job", "list_jobs"),
            ("listJobs", "list_jobs"),
            ("exeucte_sql", "execute_sql"),
            ("execute_sql_querry", "execute_sql"),
            ("delete_jobs", "delete_job"),
            ("databricks_execute_sql", "execute_sql"),
            ("mcp__databricks__list_tables", "list_tables"),
            ("databricks_delete_job", "delete_job"),
            ("list_jobs_v2", "list_jobs"),
        ] {
            assert_eq!(meant(asked), name, "{asked}");
        }
    }

    #[test]
    fn otherwise_tools_that_share_the_last_word_are_named_and_none_that_destroys() {
        assert_eq!(shared("run_sql"), ["execute_sql", "execute_sql_multi"]);
        for asked in ["delete_notebook", "read_notebook", "get_notebook"] {
            let names = shared(asked);
            for name in ["list_notebooks", "export_notebook"] {
                assert!(names.contains(&name), "{asked}: {names:?}");
            }
        }
        assert!(shared("query").contains(&"get_query"));
        assert!(!shared("list_workspace").contains(&"list_workspace_models"));
        assert!(shared("delete_job_run").contains(&"get_run"));
        assert!(matches!(near("qqqq", of_default), Near::Nothing));
        assert!(matches!(near("", of_default), Near::Nothing));
        for verb in ["get", "drop", "remove", "kill"] {
            for tool in TOOLS {
                let rest = tool.name.split_once('_').map_or("", |(_, rest)| rest);
                let asked = format!("{verb}_{rest}");
                if let Near::Sharing(_, tools) = near(&asked, of_default) {
                    let guessed = tools.iter().find(|tool| destroys(tool));
                    assert!(guessed.is_none(), "{asked}: {guessed:?}");
                }
            }
        }
        // A different verb is not a slip.
        assert!(matches!(near("drop_app", of_default), Near::Sharing(..)));
    }
}
