//! Reads the error and the trace of a task: the innermost cause, the failing line, an excerpt.

use std::sync::LazyLock;

use regex::Regex;

use crate::shape;

/// Lines of a trace that are quoted.
const LINES: usize = 16;
/// Characters of one line.
const LINE: usize = 180;
/// Lines around the failing one.
const AROUND: usize = 3;
/// What Python writes between an exception and the one that was raised from it.
const DIRECT_CAUSE: &str = "The above exception was the direct cause of the following exception:";

static COLOURS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("\x1b\\[[0-9;]*[A-Za-z]").ok());
/// The exception that ends a trace of Python or the JVM.
static EXCEPTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[A-Za-z_][\w.$]*\.)?[A-Z]\w*(?:Error|Exception|Failure|Interrupt|Exit)\b").ok()
});
static PYTHON_LINE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"File "([^"]+)", line (\d+)"#).ok());
/// The line that a notebook's trace points at.
static POINTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^-{2,}> ?(\d+) (.*)$").ok());

/// An error with its trace, readable.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Trace {
    /// The innermost exception, in one line.
    pub(super) cause: Option<String>,
    /// The line of the caller's own code that failed, as it ran.
    pub(super) line: Option<String>,
    /// The telling part of the trace.
    pub(super) excerpt: Vec<String>,
}

/// Reads what `jobs.get_run_output` says of an error.
pub(super) fn read(error: Option<&str>, trace: Option<&str>) -> Trace {
    let (error, trace) = (plain(error), plain(trace));
    let lines: Vec<&str> = trace
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.trim_matches('-').is_empty())
        .collect();
    let deepest = deepest(&lines);
    let cause =
        innermost(&lines, deepest).or_else(|| error.lines().find(|line| !line.trim().is_empty()));
    let failing = failing(deepest).or_else(|| failing(&lines));
    Trace {
        cause: cause.map(|cause| shape::one_line(cause.trim(), 400)),
        excerpt: excerpt(&lines, failing.as_ref().map(|(at, _)| *at)),
        line: failing.map(|(_, line)| shape::one_line(&line, LINE)),
    }
}

/// The text without the colours of a terminal.
pub(super) fn plain(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    match COLOURS.as_ref() {
        Some(colours) => colours.replace_all(text, "").into_owned(),
        None => text.to_owned(),
    }
}

/// The trace of the exception from which all others of a Python trace were raised; of one alone, the whole.
fn deepest<'a, 'b>(lines: &'b [&'a str]) -> &'b [&'a str] {
    let mut links = lines.iter();
    let first = links.position(|line| line.trim() == DIRECT_CAUSE);
    first.map_or(lines, |at| lines.get(..at).unwrap_or(lines))
}

/// The last `Caused by:`, else the last line of the deepest trace that names an exception, else that of all.
fn innermost<'a>(lines: &[&'a str], deepest: &[&'a str]) -> Option<&'a str> {
    let mut caused = lines.iter().rev();
    let caused = caused.find_map(|line| line.trim_start().strip_prefix("Caused by: "));
    let named = |lines: &[&'a str]| {
        let exception = EXCEPTION.as_ref()?;
        let mut lines = lines.iter().rev().copied();
        lines.find(|line| exception.is_match(line))
    };
    caused.or_else(|| named(deepest)).or_else(|| named(lines))
}

/// Where the trace shows the caller's own line, and the line in words.
fn failing(lines: &[&str]) -> Option<(usize, String)> {
    let pointed = POINTED.as_ref()?;
    let arrows = lines.iter().enumerate().filter_map(|(at, line)| {
        let found = pointed.captures(line)?;
        Some((
            at,
            format!(
                "line {}: {}",
                found.get(1)?.as_str(),
                found.get(2)?.as_str().trim()
            ),
        ))
    });
    // The first arrow of a notebook's trace is in the caller's cell, later ones in libraries.
    if let Some(first) = arrows.into_iter().next() {
        return Some(first);
    }
    let file = PYTHON_LINE.as_ref()?;
    let frames = lines.iter().enumerate().filter_map(|(at, line)| {
        let found = file.captures(line)?;
        let path = found.get(1)?.as_str();
        let is_library = [
            "/site-packages/",
            "/dist-packages/",
            "/databricks/",
            "/usr/lib/",
        ]
        .iter()
        .any(|part| path.contains(part));
        let code = lines.get(at + 1).map_or("", |line| line.trim());
        (!is_library).then(|| {
            Some((
                at,
                format!("{path}, line {}: {code}", found.get(2)?.as_str()),
            ))
        })?
    });
    // The last frame is the innermost.
    frames.max_by_key(|(at, _)| *at)
}

/// A short trace whole; of a long one its beginning, what is around the failing line, and its end.
fn excerpt(lines: &[&str], failing: Option<usize>) -> Vec<String> {
    let all = lines.len();
    let wanted = |at: usize| {
        let near = failing.is_some_and(|failing| at.abs_diff(failing) <= AROUND);
        all <= LINES || at < 2 || near || at + (LINES - 2 * AROUND - 4) >= all
    };
    let mut shown = Vec::new();
    let mut left_out = false;
    for (at, line) in lines.iter().enumerate() {
        if wanted(at) {
            if std::mem::take(&mut left_out) {
                shown.push("…".to_owned());
            }
            let line: String = line.chars().take(LINE).collect();
            shown.push(line);
        } else {
            left_out = true;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_notebook_tells_its_line_and_its_innermost_cause() {
        let trace = "\x1b[0;31mPy4JJavaError\x1b[0m  Traceback (most recent call last)\n\
                     File <command-1>, line 3\n      1 import x\n----> 3 spark.table('a.b.c').show()\n\
                     File /databricks/spark/python/sql.py:10\n----> 10 raise\n\
                     Py4JJavaError: An error occurred while calling o1.\n\
                     : org.apache.spark.SparkException: Job aborted\n\tat a.b.c\n\
                     Caused by: java.lang.OutOfMemoryError: Java heap space\n\tat d.e.f";
        let read = read(Some("SparkException"), Some(trace));
        assert_eq!(
            read.cause.as_deref(),
            Some("java.lang.OutOfMemoryError: Java heap space")
        );
        assert_eq!(
            read.line.as_deref(),
            Some("line 3: spark.table('a.b.c').show()")
        );
        assert!(!read.excerpt.concat().contains('\x1b'));
    }

    #[test]
    fn a_file_tells_the_last_line_that_is_not_of_a_library() {
        let trace = "Traceback (most recent call last):\n  File \"/Workspace/etl/main.py\", line 12, in <module>\n    run()\n  \
                     File \"/usr/lib/python3/site-packages/pandas/io.py\", line 5, in read\n    raise KeyError('day')\nKeyError: 'day'";
        let read = read(None, Some(trace));
        assert_eq!(read.cause.as_deref(), Some("KeyError: 'day'"));
        assert_eq!(
            read.line.as_deref(),
            Some("/Workspace/etl/main.py, line 12: run()")
        );
    }

    #[test]
    fn of_exceptions_raised_one_from_another_the_first_is_the_cause() {
        let trace = "Traceback (most recent call last):\n  File \"<command-2>\", line 3, in <module>\n    1/0\n\
                     ZeroDivisionError: division by zero\n\n\
                     The above exception was the direct cause of the following exception:\n\n\
                     Traceback (most recent call last):\n  File \"<command-2>\", line 5, in <module>\n    \
                     raise LoadError(day) from e\nLoadError: monday";
        let read = read(Some("LoadError: monday"), Some(trace));
        assert_eq!(
            read.cause.as_deref(),
            Some("ZeroDivisionError: division by zero")
        );
        assert_eq!(read.line.as_deref(), Some("<command-2>, line 3: 1/0"));
        assert!(read.excerpt.concat().contains("LoadError: monday"));
    }

    #[test]
    fn a_long_trace_is_quoted_in_parts_and_nothing_is_nothing() {
        let trace = (0..200).map(|n| format!("frame {n}\n")).collect::<String>();
        let read_long = read(None, Some(&trace));
        assert!(read_long.excerpt.len() <= LINES + 2);
        assert_eq!(read_long.excerpt.last().unwrap(), "frame 199");
        assert_eq!(read(None, None), Trace::default());
    }
}
