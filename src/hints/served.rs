//! The tools that are not served: a text that names one says so, and how the user can have it served.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

/// The tools that are not served, each with what serves it.
#[derive(Debug, Clone, Default)]
pub struct Absent(Arc<BTreeMap<&'static str, String>>);

impl Absent {
    /// These tools are not served, for these reasons.
    #[must_use]
    pub fn new(tools: BTreeMap<&'static str, String>) -> Self {
        Self(Arc::new(tools))
    }

    /// What would serve a tool; `None` if it is served.
    #[must_use]
    pub fn how(&self, tool: &str) -> Option<&str> {
        self.0.get(tool).map(String::as_str)
    }

    /// The tools that a text names and that are not served, in the order of the text.
    #[must_use]
    pub fn named(&self, text: &str) -> Vec<&'static str> {
        let mut named = Vec::new();
        let part_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/');
        for word in text.split(|c: char| !part_of_a_name(c)) {
            // The name of an operation or a path is no tool's; a full stop ends a sentence.
            let word = word.trim_matches('.');
            if let Some((tool, _)) = self.0.get_key_value(word)
                && !named.contains(tool)
            {
                named.push(*tool);
            }
        }
        named
    }

    /// The remark on the tools that a text names and that are not served: `get_run is not served here: …`.
    #[must_use]
    pub fn remark(&self, text: &str) -> Option<String> {
        let named = self.named(text);
        let remarks = named.iter().filter_map(|tool| {
            let how = self.how(tool)?;
            Some(format!("{tool} is not served here: {how}"))
        });
        let remarks: Vec<String> = remarks.collect();
        (!remarks.is_empty()).then(|| remarks.join("\n"))
    }

    /// The text of an error, with the remark if its hint names such a tool.
    #[must_use]
    pub fn remarked(&self, mut text: String) -> String {
        if let Some(remark) = self.remark(&text) {
            text.push('\n');
            text.push_str(&remark);
        }
        text
    }

    /// Adds the remark to an answer if the way to go on that it tells needs such a tool. What the workspace says is
    /// left alone.
    pub fn remark_on(&self, text: &mut String, structured: &mut Value) {
        let at = |path: &str| {
            structured
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let fields = structured.as_object().into_iter().flatten();
        // A list without rows is told in our own words.
        let holds_nothing = fields.into_iter().all(|(_, value)| value == &json!([]));
        let empty = if holds_nothing { text.as_str() } else { "" };
        let told = format!("{} {} {empty}", at("/note"), at("/resume/tool"));
        let Some(remark) = self.remark(&told) else {
            return;
        };
        text.push('\n');
        text.push_str(&remark);
        if let Some(note) = structured.get_mut("note") {
            let own = note.as_str().unwrap_or_default();
            *note = json!(format!("{own}\n{remark}"));
        } else if let Some(Value::Object(resume)) = structured.get_mut("resume") {
            resume.insert("note".to_owned(), json!(remark));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absent() -> Absent {
        Absent::new(BTreeMap::from([
            ("get_run", "`--toolsets default,jobs`".to_owned()),
            ("get_runs", "x".to_owned()),
        ]))
    }

    #[test]
    fn a_name_counts_only_as_a_whole_word() {
        let absent = absent();
        for text in ["see get_run.", "`get_run`: it tells", "call get_run, then"] {
            assert_eq!(absent.named(text), ["get_run"], "{text}");
        }
        for text in [
            "jobs.get_run",
            "get_run_output",
            "/api/get_run",
            "list_jobs",
        ] {
            assert!(absent.named(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_way_to_go_on_says_that_its_tool_is_not_served() {
        let mut structured = json!({ "resume": { "tool": "get_run" }, "rows": ["get_runs"] });
        let mut text = "call get_run".to_owned();
        absent().remark_on(&mut text, &mut structured);
        let said = "get_run is not served here: `--toolsets default,jobs`";
        assert_eq!(text, format!("call get_run\n{said}"));
        assert_eq!(
            structured,
            json!({ "resume": { "tool": "get_run", "note": said }, "rows": ["get_runs"] })
        );
        let mut plain = json!({ "rows": ["get_run"] });
        absent().remark_on(&mut text, &mut plain);
        assert_eq!(plain, json!({ "rows": ["get_run"] }));
    }
}
