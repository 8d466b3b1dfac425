//! The selection of tools: toolsets and presets, single tools, exclusions, read-only mode.

use super::near::{Near, near};
use crate::catalog::{Access, PRESETS, TOOLS, TOOLSETS, ToolSpec};
use crate::error::Error;
use crate::policy::{Exclusion, ReadOnlyFunctions};
use crate::settings::{Given, setting};

/// The tools a user asked for. Without any, they are the preset `default`; `exclude` and `read_only` always win.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Toolsets and presets.
    pub toolsets: Vec<String>,
    /// Single tools, beside the toolsets; without toolsets, only these.
    pub tools: Vec<String>,
    /// Bounds: tools and toolsets outside of which none is served.
    pub only: Vec<Vec<String>>,
    /// Tools, toolsets or presets not to serve.
    pub exclude: Vec<String>,
    /// True if only tools that read are served.
    pub read_only: bool,
    /// Functions of SQL that read-only mode lets through.
    pub read_only_functions: ReadOnlyFunctions,
}

impl Selection {
    /// Reads the selection from settings.
    ///
    /// # Errors
    /// A setting does not take its value.
    pub fn of(given: &Given) -> Result<Self, Error> {
        let names = |setting| Ok::<_, Error>(given.read(setting)?.unwrap_or_default());
        Ok(Self {
            toolsets: names(setting::TOOLSETS)?,
            tools: names(setting::TOOLS)?,
            only: bounds(given),
            exclude: names(setting::EXCLUDE)?,
            read_only: given.read(setting::READ_ONLY)?.unwrap_or_default(),
            read_only_functions: functions(given)?,
        })
    }

    /// The tools that are served, in the order in which they are listed.
    ///
    /// # Errors
    /// Names that do not exist: all of them, each with the nearest.
    pub fn specs(&self) -> Result<Vec<&'static ToolSpec>, Error> {
        let mut problems = Vec::new();
        let mut asked = expand(&self.toolsets, &mut problems);
        asked.extend(named(&self.tools, &mut problems));
        for name in &self.exclude {
            if members(name).is_none() && tool(name).is_none() {
                let meant = close_set(name).or_else(|| close_tool(name));
                problems.push(unknown("tool or toolset to exclude", name, meant));
            }
        }
        let only: Vec<_> = self
            .only
            .iter()
            .map(|names| bound(names, &mut problems))
            .collect();
        if !problems.is_empty() {
            return Err(Error::Selection { problems });
        }
        if self.toolsets.is_empty() && self.tools.is_empty() {
            asked.extend(members("default").unwrap_or_default());
        }
        let exclusion = self.exclusion();
        let wanted = |tool: &&ToolSpec| {
            let allowed = !self.read_only || tool.access == Access::Read || tool.enforces_read_only;
            let excluded = self.excludes(tool) || exclusion.takes_along(tool);
            let within = only.iter().all(|bound| bound.contains(&tool.name));
            asked.contains(&tool.name) && within && !excluded && allowed
        };
        let specs: Vec<&ToolSpec> = TOOLS.iter().filter(wanted).collect();
        if specs.is_empty() {
            let why = if self.read_only {
                "no tool is left: what was asked for is excluded, or writes in read-only mode"
            } else {
                "no tool is left: all that was asked for is excluded"
            };
            let problems = vec![why.to_owned()];
            return Err(Error::Selection { problems });
        }
        Ok(specs)
    }

    /// What the excluded tools take along.
    pub(super) fn exclusion(&self) -> Exclusion {
        Exclusion::of(TOOLS.iter().filter(|spec| self.excludes(spec)))
    }

    /// Returns true if the user has excluded a tool, by its name or by a group it is in.
    pub(super) fn excludes(&self, spec: &ToolSpec) -> bool {
        self.exclude.iter().any(|name| match members(name) {
            Some(names) => names.contains(&spec.name),
            None => tool(name).is_some_and(|named| named.name == spec.name),
        })
    }
}

fn functions(given: &Given) -> Result<ReadOnlyFunctions, Error> {
    let names: Vec<String> = given
        .read(setting::READ_ONLY_FUNCTIONS)?
        .unwrap_or_default();
    ReadOnlyFunctions::of(&names).map_err(|name| {
        setting::READ_ONLY_FUNCTIONS.unusable(format!("`{name}` is not `ai` or `outbound`"))
    })
}

/// The bounds of the working directory, one for each of its sources.
fn bounds(given: &Given) -> Vec<Vec<String>> {
    let bounds = given.get(setting::ONLY).unwrap_or_default();
    let bounds = bounds.split(';').filter(|bound| !bound.is_empty());
    let names = |bound: &str| {
        bound
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect()
    };
    bounds.map(names).collect()
}

/// The tools outside of which none is served.
fn bound(names: &[String], problems: &mut Vec<String>) -> Vec<&'static str> {
    let is_set = |name: &&String| members(name).is_some() || tool(name).is_none();
    let (sets, tools): (Vec<&String>, Vec<&String>) = names.iter().partition(is_set);
    let owned = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
    let mut bound = expand(&owned(sets), problems);
    bound.extend(named(&owned(tools), problems));
    bound
}

fn expand(names: &[String], problems: &mut Vec<String>) -> Vec<&'static str> {
    let mut tools = Vec::new();
    for name in names {
        match members(name) {
            Some(found) => tools.extend(found),
            None => {
                let other = tool(name).map(|_| "that is a tool (`--tools`)".to_owned());
                let meant = other.or_else(|| close_set(name));
                problems.push(unknown("toolset or preset", name, meant));
            }
        }
    }
    tools
}

fn named(names: &[String], problems: &mut Vec<String>) -> Vec<&'static str> {
    let mut tools = Vec::new();
    for name in names {
        match tool(name) {
            Some(tool) => tools.push(tool.name),
            None => {
                let other = members(name).map(|_| "that is a toolset (`--toolsets`)".to_owned());
                let meant = other.or_else(|| close_tool(name));
                problems.push(unknown("tool", name, meant));
            }
        }
    }
    tools
}

/// The names of the tools that a preset or toolset of this name stands for.
#[must_use]
pub fn members(name: &str) -> Option<Vec<&'static str>> {
    let preset = PRESETS.iter().find(|(known, _)| *known == name);
    let toolset = TOOLSETS.iter().find(|(known, _, _)| *known == name);
    let parts = preset
        .map(|(_, parts)| *parts)
        .or_else(|| toolset.map(|(set, _, _)| std::slice::from_ref(set)))?;
    Some(of_parts(parts))
}

/// The names of the tools of these toolsets, and these single tools.
fn of_parts(parts: &[&str]) -> Vec<&'static str> {
    let named = |tool: &&ToolSpec| parts.contains(&tool.toolset) || parts.contains(&tool.name);
    TOOLS.iter().filter(named).map(|tool| tool.name).collect()
}

/// The tool of this name or alias.
///
/// # Errors
/// There is no such tool; the sentence names the nearest.
pub fn tool_named(name: &str) -> Result<&'static ToolSpec, String> {
    tool(name).ok_or_else(|| unknown("tool", name, close_tool(name)))
}

fn tool(name: &str) -> Option<&'static ToolSpec> {
    TOOLS
        .iter()
        .find(|tool| tool.name == name || tool.aliases.contains(&name))
}

fn set_names() -> impl Iterator<Item = &'static str> {
    let presets = PRESETS.iter().map(|(name, _)| *name);
    presets.chain(TOOLSETS.iter().map(|(name, _, _)| *name))
}

fn unknown(what: &str, name: &str, meant: Option<String>) -> String {
    match meant {
        Some(meant) => format!("unknown {what}: `{name}`, {meant}"),
        None => format!("unknown {what}: `{name}`"),
    }
}

/// The toolset or preset that is close.
fn close_set(name: &str) -> Option<String> {
    let scored = set_names().map(|known| (strsim::jaro_winkler(name, known), known));
    let close = scored.max_by(|(a, _), (b, _)| a.total_cmp(b));
    let (_, nearest) = close.filter(|(score, _)| *score > 0.75)?;
    Some(format!("did you mean `{nearest}`?"))
}

/// The tools that are close, a few.
fn close_tool(name: &str) -> Option<String> {
    match near(name, |_| true) {
        Near::Meant(tool) => Some(format!("did you mean `{}`?", tool.name)),
        Near::Sharing(word, tools) => {
            let tools: Vec<String> = tools
                .iter()
                .map(|tool| format!("`{}`", tool.name))
                .collect();
            Some(format!("tools with `{word}`: {}", tools.join(", ")))
        }
        Near::Nothing => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(selection: &Selection) -> Vec<&'static str> {
        selection
            .specs()
            .unwrap()
            .iter()
            .map(|tool| tool.name)
            .collect()
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn single_tools_join_toolsets_or_stand_alone() {
        let alone = Selection {
            tools: words(&["health"]),
            ..Selection::default()
        };
        assert_eq!(names(&alone), ["health"]);
        let both = Selection {
            toolsets: words(&["sql"]),
            ..alone
        };
        assert!(names(&both).contains(&"execute_sql") && names(&both).contains(&"health"));
    }

    #[test]
    fn a_preset_may_name_single_tools_beside_toolsets() {
        let tools = of_parts(&["sql", "run_job"]);
        assert!(tools.contains(&"run_job") && tools.contains(&"execute_sql"));
        assert!(!tools.contains(&"list_jobs"));
        assert_eq!(tools.len(), members("sql").unwrap().len() + 1);
    }

    #[test]
    fn exclusion_and_read_only_always_win() {
        let selection = Selection {
            toolsets: words(&["all"]),
            tools: words(&["run_job", "list_jobs"]),
            only: Vec::new(),
            exclude: words(&["list_jobs", "workspace"]),
            read_only: true,
            read_only_functions: ReadOnlyFunctions::default(),
        };
        let names = names(&selection);
        for gone in ["run_job", "list_jobs", "export_notebook", "start_cluster"] {
            assert!(!names.contains(&gone), "{gone}");
        }
        assert!(names.contains(&"execute_sql"));
        let writes = |tool: &&&ToolSpec| tool.access != Access::Read && !tool.enforces_read_only;
        assert_eq!(selection.specs().unwrap().iter().filter(writes).count(), 0);
    }

    #[test]
    fn every_unknown_name_is_named_with_the_nearest() {
        let selection = Selection {
            toolsets: words(&["sqll"]),
            tools: words(&["list_job"]),
            only: Vec::new(),
            exclude: words(&["zzz"]),
            read_only: false,
            read_only_functions: ReadOnlyFunctions::default(),
        };
        let text = selection.specs().unwrap_err().text();
        assert!(
            text.contains("unknown toolset or preset: `sqll`, did you mean `sql`?"),
            "{text}"
        );
        assert!(
            text.contains("unknown tool: `list_job`, did you mean `list_jobs`?"),
            "{text}"
        );
        assert!(
            text.contains("unknown tool or toolset to exclude: `zzz`\n"),
            "{text}"
        );
        assert!(text.len() < 500, "{text}");
    }

    #[test]
    fn a_tool_among_toolsets_and_a_toolset_among_tools_are_told_apart() {
        let selection = Selection {
            toolsets: words(&["run_job"]),
            tools: words(&["sql"]),
            ..Selection::default()
        };
        let text = selection.specs().unwrap_err().text();
        assert!(
            text.contains("unknown toolset or preset: `run_job`, that is a tool (`--tools`)"),
            "{text}"
        );
        assert!(
            text.contains("unknown tool: `sql`, that is a toolset (`--toolsets`)"),
            "{text}"
        );
    }

    #[test]
    fn a_selection_that_leaves_no_tool_is_an_error() {
        let excluded = Selection {
            toolsets: words(&["sql"]),
            exclude: words(&["sql"]),
            ..Selection::default()
        };
        let text = excluded.specs().unwrap_err().text();
        assert!(
            text.contains("all that was asked for is excluded"),
            "{text}"
        );
        let writes = Selection {
            tools: words(&["run_job"]),
            read_only: true,
            ..Selection::default()
        };
        let text = writes.specs().unwrap_err().text();
        assert!(text.contains("writes in read-only mode"), "{text}");
    }
}
