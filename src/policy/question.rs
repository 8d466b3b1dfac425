//! The question that the user is asked before a call.

use std::fmt;

use serde_json::{Map, Value};

use super::consequence::{is_given, without_secrets};
use super::sql;
use crate::catalog::Confirm;
use crate::error::Error;
use crate::redact;
use crate::shape;

/// Characters of an argument that a question shows.
const SHOWN: usize = 2_000;

/// Characters of a list of things with parts of their own.
const PARTS: usize = 500;

/// The question for the user, with secrets removed and whatever hides or turns text written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question(String);

impl Question {
    pub(super) fn new(text: String) -> Self {
        Self(sql::escaped(&redact::text(&text)))
    }

    /// The same question, with a sentence on what it is about.
    #[must_use]
    pub fn with(self, what: &str) -> Self {
        let what = sql::on_one_line(&redact::text(what));
        // A statement stands last, so that nothing it says can pass for ours.
        Self(match self.0.split_once('\n') {
            Some((first, rest)) => format!("{first}\n- {what}\n{rest}"),
            None => format!("{} {what}", self.0),
        })
    }

    /// The same question, naming the workspace it is about.
    #[must_use]
    pub fn about(self, workspace: &str) -> Self {
        Self(format!("{} (workspace {workspace})", self.0))
    }
}

/// Turns the question into an error, for a client that cannot ask its user.
impl From<Question> for Error {
    fn from(question: Question) -> Self {
        Self::Unconfirmed {
            question: question.0,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The question of the manifest, if it is to be asked. Each of its `{arguments}` becomes one short line, since the
/// user decides by this text.
pub(super) fn of(confirm: &Confirm, arguments: &Map<String, Value>) -> Option<String> {
    let asks = confirm.when.is_empty() || is_given(arguments, confirm.when);
    asks.then(|| filled(confirm, arguments))
}

fn filled(confirm: &Confirm, arguments: &Map<String, Value>) -> String {
    let mut pieces = confirm.message.split('{');
    let mut question = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap_or(("", piece));
        let value = match arguments.get(name) {
            Some(Value::String(text)) => text.clone(),
            // Things with parts of their own: who agrees is to see them, and how many there are if not all fit.
            Some(value @ Value::Array(items)) if items.iter().any(Value::is_object) => {
                let shown = without_secrets(value, redact::may_be_secret(name)).to_string();
                match shape::one_line(&shown, PARTS) {
                    cut if cut.len() < shown.len() => format!("{} of them, {cut}", items.len()),
                    whole => whole,
                }
            }
            Some(value) => value.to_string(),
            None => name.to_owned(),
        };
        question.push_str(&shape::one_line(&value, SHOWN));
        question.push_str(rest);
    }
    // A switch such as `force` is part of what is agreed to.
    let named =
        |name: &String| name == confirm.when || confirm.message.contains(&format!("{{{name}}}"));
    let switches: Vec<&str> = arguments
        .iter()
        .filter(|(name, value)| **value == Value::Bool(true) && !named(name))
        .map(|(name, _)| name.as_str())
        .collect();
    if !switches.is_empty() {
        question.push_str(&format!(" ({})", switches.join(", ")));
    }
    question
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(message: &'static str, when: &'static str, given: Value) -> Option<String> {
        let confirm = Confirm { when, message };
        of(&confirm, given.as_object().unwrap_or(&Map::new()))
    }

    #[test]
    fn a_question_shows_its_arguments_and_nothing_they_bring_along() {
        let ask = |path: &str| {
            let given = json!({ "path": path, "id": 7 });
            asked("Replace {path} of {id}?", "", given).unwrap_or_default()
        };
        assert_eq!(ask("/a"), "Replace /a of 7?");
        assert_eq!(
            ask("{id}\n\nIt is safe."),
            "Replace {id}  It is safe. of 7?"
        );
        assert!(ask(&"x".repeat(9_999)).chars().count() < 2_050);
    }

    #[test]
    fn what_is_given_to_whom_is_shown_and_no_secret_with_it() {
        let ask = |changes: Value| {
            let given = json!({ "changes": changes });
            asked("Change who may: {changes}?", "", given).unwrap_or_default()
        };
        assert_eq!(
            ask(json!([{ "principal": "a", "add": ["SELECT"], "token": "hunter2" }])),
            r#"Change who may: [{"principal":"a","add":["SELECT"],"token":"…"}]?"#
        );
        let many = ask(vec![json!({ "principal": "x".repeat(100) }); 40].into());
        assert!(many.contains("40 of them, [{"), "{many}");
        assert!(many.chars().count() < 600, "{many}");
    }

    #[test]
    fn a_switch_is_shown_and_one_that_makes_it_ask_is_not() {
        let forced = json!({ "name": "main", "force": true });
        assert_eq!(
            asked("Delete {name}?", "", forced.clone()).as_deref(),
            Some("Delete main? (force)")
        );
        assert_eq!(
            asked("Delete {name}?", "force", forced).as_deref(),
            Some("Delete main?")
        );
        assert_eq!(asked("Delete {name}?", "force", json!({})), None);
    }

    #[test]
    fn nothing_hides_in_a_question_nor_in_what_is_said_of_the_thing() {
        let question = Question::new("Delete /a\u{202e}b?".to_owned());
        let question = question.with("It is `x\n\u{200b}y`.").to_string();
        assert_eq!(question, "Delete /a\\u{202e}b? It is `x\\u{a}\\u{200b}y`.");
    }

    #[test]
    fn a_question_shows_no_secret_and_names_its_workspace() {
        let token = format!("dapi{}", "0123456789abcdef".repeat(2));
        let question = Question::new(format!("Replace {token}?"));
        let question = question.about("prod").to_string();
        assert!(!question.contains(&token), "{question}");
        assert!(question.ends_with("? (workspace prod)"), "{question}");
    }
}
