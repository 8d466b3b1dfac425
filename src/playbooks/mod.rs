//! Playbooks: ways to do a task with several tools, offered as prompts and as skills.
//!
//! Each is a markdown file with the head of a skill. It names the tools it goes by; where one of them is not served,
//! the playbook is not offered.

use std::sync::OnceLock;

/// The files, the text of each as it is served.
const FILES: [&str; 2] = [
    include_str!("explore-catalog.md"),
    include_str!("profile-table.md"),
];

/// Characters of an argument at most.
const LONGEST: usize = 300;

/// A playbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Playbook {
    /// Its name, which is also the skill's.
    pub name: &'static str,
    /// What it is for, and when to use it.
    pub description: &'static str,
    /// Its title for people.
    pub title: &'static str,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// The tools it goes by.
    pub tools: Vec<&'static str>,
    /// Its text, with arguments in braces.
    pub body: &'static str,
    /// The whole file.
    pub file: &'static str,
}

/// An argument of a playbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Argument {
    /// Its name.
    pub name: &'static str,
    /// The playbook makes no sense without it.
    pub required: bool,
}

impl Argument {
    /// Its description for people.
    #[must_use]
    pub(crate) fn description(&self) -> &'static str {
        match self.name {
            "catalog" => "Name of a catalog",
            "schema" => "Name of a schema in it",
            "table" => "Full name: catalog.schema.table",
            "warehouse" => "Id of a SQL warehouse",
            _ => "",
        }
    }
}

/// All playbooks.
pub(crate) fn all() -> &'static [Playbook] {
    static ALL: OnceLock<Vec<Playbook>> = OnceLock::new();
    ALL.get_or_init(|| FILES.iter().filter_map(|file| parse(file)).collect())
}

/// The playbook of a file; a test proves that every file is one.
fn parse(file: &'static str) -> Option<Playbook> {
    let (head, body) = file.strip_prefix("---\n")?.split_once("\n---\n")?;
    let value = |name: &str| {
        let mut lines = head.lines().map(str::trim_start);
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    let argument = |word: &'static str| Argument {
        name: word.trim_end_matches('?'),
        required: !word.ends_with('?'),
    };
    Some(Playbook {
        name: value("name")?,
        description: value("description")?,
        title: value("title")?,
        arguments: value("arguments")?
            .split_whitespace()
            .map(argument)
            .collect(),
        tools: value("tools")?.split_whitespace().collect(),
        body,
        file,
    })
}

impl Playbook {
    /// The text with these arguments. A line about an argument that is not given is left out.
    ///
    /// # Errors
    /// An argument that is required is missing, or one is unknown or too long; the reason is a sentence.
    pub(crate) fn filled<'a>(
        &self,
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<String, String> {
        let mut values: Vec<(String, String)> = Vec::new();
        for (name, value) in given {
            if !self.arguments.iter().any(|known| known.name == name) {
                let known: Vec<&str> = self.arguments.iter().map(|known| known.name).collect();
                let known = known.join(", ");
                return Err(format!("unknown argument `{name}`; there are {known}"));
            }
            let value = value.trim();
            if value.chars().count() > LONGEST || value.chars().any(char::is_control) {
                return Err(format!(
                    "`{name}` is no name: it has one line of at most {LONGEST} characters"
                ));
            }
            if !value.is_empty() {
                values.push((format!("{{{name}}}"), format!("`{value}`")));
            }
        }
        let is_given = |argument: &Argument| {
            let hole = format!("{{{}}}", argument.name);
            values.iter().any(|(known, _)| *known == hole)
        };
        let missing = |argument: &&Argument| !is_given(argument);
        if let Some(argument) = self
            .arguments
            .iter()
            .filter(|one| one.required)
            .find(missing)
        {
            return Err(format!("`{}` is missing", argument.name));
        }
        let absent: Vec<String> = self
            .arguments
            .iter()
            .filter(missing)
            .map(|argument| format!("{{{}}}", argument.name))
            .collect();
        let mut text = String::new();
        for line in self.body.lines() {
            if absent.iter().any(|hole| line.contains(hole)) {
                continue;
            }
            text.push_str(&with(line, &values));
            text.push('\n');
        }
        Ok(text)
    }
}

/// A line with values in its holes; what a value holds is not looked at again.
fn with(line: &str, values: &[(String, String)]) -> String {
    let mut text = String::new();
    let mut rest = line;
    loop {
        let found = values
            .iter()
            .filter_map(|(hole, value)| Some((rest.find(hole.as_str())?, hole, value)));
        let Some((at, hole, value)) = found.min_by_key(|(at, ..)| *at) else {
            text.push_str(rest);
            return text;
        };
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        text.push_str(value);
        rest = after.strip_prefix(hole.as_str()).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use regex::Regex;

    use super::*;
    use crate::catalog::TOOLS;

    #[test]
    fn every_file_is_a_playbook_whose_tools_and_arguments_exist() {
        assert_eq!(all().len(), FILES.len());
        let named = Regex::new("`([a-z]+(?:_[a-z]+)+)`").unwrap();
        let holes = Regex::new(r"\{([a-z_]+)\}").unwrap();
        for playbook in all() {
            let Playbook { name, body, .. } = playbook;
            for tool in &playbook.tools {
                assert!(
                    TOOLS.iter().any(|spec| spec.name == *tool),
                    "{name}: {tool}"
                );
                assert!(body.contains(&format!("`{tool}`")), "{name}: {tool}");
            }
            for found in named.captures_iter(body) {
                let word = found.get(1).unwrap().as_str();
                let known = word == "information_schema" || playbook.tools.contains(&word);
                assert!(known, "{name}: `{word}` is not among its tools");
            }
            for found in holes.captures_iter(body) {
                let hole = found.get(1).unwrap().as_str();
                let mut arguments = playbook.arguments.iter();
                assert!(arguments.any(|one| one.name == hole), "{name}: {hole}");
            }
            for argument in &playbook.arguments {
                assert!(
                    !argument.description().is_empty(),
                    "{name}: {}",
                    argument.name
                );
                assert!(body.contains(&format!("{{{}}}", argument.name)));
            }
            assert!(playbook.description.chars().count() <= 300, "{name}");
        }
    }

    #[test]
    fn arguments_are_filled_in_once_and_lines_about_others_are_left_out() {
        let explore = all().iter().find(|one| one.name == "explore-catalog");
        let explore = explore.unwrap();
        let text = explore.filled([("catalog", "{schema}")]).unwrap();
        assert!(
            text.contains("Explore the catalog `{schema}` and"),
            "{text}"
        );
        assert!(!text.contains("Only its schema"), "{text}");
        let text = explore.filled([("catalog", "main"), ("schema", "x")]);
        assert!(text.unwrap().contains("Only its schema `x` is"));
        assert_eq!(explore.filled([]), Err("`catalog` is missing".to_owned()));
        assert!(explore.filled([("catalog", "a\nb")]).is_err());
        assert!(explore.filled([("catalog", "a"), ("table", "b")]).is_err());
    }
}
