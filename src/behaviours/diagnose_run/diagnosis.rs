//! What `diagnose_run` answers, and the size of that: what is too long is cut step by step, the least telling first.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::super::typed::structured;
use super::failure::Failure;
use crate::error::Error;
use crate::shape::{self, Answer};

/// Bytes of the whole answer; at most about 3,000 tokens.
const BYTES: usize = 9_000;
/// Lines of a trace, and characters of one, where the answer is too long.
const TRACE: usize = 6;
const LINE: usize = 160;
/// Lines of a list, and of each failure's evidence.
const LIST: usize = 5;
const EVIDENCE: usize = 2;
/// Characters of words of the service.
const WORDS: usize = 200;

/// What diagnose_run answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Diagnosis {
    pub(super) run_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) job_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<String>,
    /// The answer in one sentence.
    pub(super) summary: String,
    /// Tasks that failed by themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) failures: Vec<Failure>,
    /// Tasks that did not run because of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_run: Vec<String>,
    /// Tables and views that these tasks write, as their code names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_refreshed: Vec<String>,
    /// How often the job failed lately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) occurrence: Option<String>,
    /// Differences from the last success.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) changed: Vec<String>,
    /// A call to propose to the user; nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) repair: Option<Repair>,
    /// What could not be read, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_assessed: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

/// A call that would run again what failed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Repair {
    pub(super) tool: &'static str,
    pub(super) arguments: Value,
    /// What to do before.
    pub(super) advice: &'static str,
}

/// The steps, each shorter than the one before.
const STEPS: [fn(&mut Diagnosis); 4] = [
    |all| {
        for failure in &mut all.failures {
            let from = failure.trace.len().saturating_sub(TRACE);
            failure.trace.drain(..from);
            shorten(&mut failure.trace, LINE);
        }
    },
    |all| {
        for list in [&mut all.not_run, &mut all.not_refreshed, &mut all.changed] {
            cut(list, LIST);
            shorten(list, LINE);
        }
        cut(&mut all.not_assessed, LIST);
        shorten(&mut all.not_assessed, LINE);
    },
    |all| {
        all.failures
            .iter_mut()
            .for_each(|failure| failure.trace.clear())
    },
    |all| {
        for failure in &mut all.failures {
            cut(&mut failure.evidence, EVIDENCE);
            shorten(&mut failure.evidence, LINE);
            for words in [&mut failure.message, &mut failure.cause, &mut failure.line] {
                *words = words.as_deref().map(|words| shape::one_line(words, WORDS));
            }
            failure.task = shape::one_line(&failure.task, WORDS);
            failure.url = None;
        }
    },
];

/// The diagnosis as an answer.
pub(super) fn answer(mut diagnosis: Diagnosis) -> Result<Answer, Error> {
    let mut shown = structured(&diagnosis)?;
    for step in STEPS {
        if shown.to_string().len() <= BYTES {
            break;
        }
        step(&mut diagnosis);
        shown = structured(&diagnosis)?;
    }
    shape::fit_json(&mut shown);
    Ok(Answer::json(shown))
}

fn shorten(lines: &mut [String], characters: usize) {
    for line in lines {
        *line = shape::one_line(line, characters);
    }
}

/// Keeps the first of a list, and says how many others there are.
fn cut(list: &mut Vec<String>, most: usize) {
    let left = list.len().saturating_sub(most);
    if left > 1 {
        list.truncate(most);
        list.push(format!("and {left} more"));
    }
}
