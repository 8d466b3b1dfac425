//! Reads the few facts that only documentation strings carry: deprecation, stage, resource names.

use super::schema::says_deprecated;

/// The facts in the documentation of one argument.
#[derive(Default)]
pub(crate) struct ArgumentNotes {
    pub(crate) patterns: Vec<String>,
    pub(crate) deprecated: bool,
    pub(crate) names_operation: bool,
}

/// The notes on argument `name` in a method's documentation (`:param name: type` and an indented text).
pub(crate) fn argument(documentation: &str, name: &str) -> ArgumentNotes {
    let opening = format!(":param {name}:");
    let mut lines = documentation
        .lines()
        .skip_while(|line| !line.trim_start().starts_with(&opening))
        .skip(1);
    let mut text = String::new();
    for line in lines
        .by_ref()
        .take_while(|line| !line.trim_start().starts_with(':'))
    {
        text.push_str(line.trim());
        text.push(' ');
    }
    ArgumentNotes {
        patterns: super::resource_name::patterns(&text),
        deprecated: says_deprecated(&text),
        names_operation: text.contains("operation resource"),
    }
}

/// True if a method or class is documented as deprecated.
pub(crate) fn deprecated(documentation: &str) -> bool {
    says_deprecated(documentation)
}

/// The launch stage that a method's own text (before its arguments) states.
pub(crate) fn stage(documentation: &str) -> Option<&'static str> {
    let own = documentation.split(":param ").next().unwrap_or_default();
    let own = own.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |words: &[&str]| words.iter().any(|word| own.contains(word));
    if says(&["is in Private Preview", "is in private preview"]) {
        Some("private-preview")
    } else if says(&["is in Public Preview", "is in public preview"]) {
        Some("preview")
    } else if says(&["is in Beta", "is in beta"]) {
        Some("beta")
    } else {
        None
    }
}
