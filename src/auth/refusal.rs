//! The failure of a token source: it does not apply here, or it applies and failed.

/// The reason why a source returned no token.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub(super) struct Refusal {
    /// True if the source does not apply here and the next one may be tried.
    pub(super) absent: bool,
    /// A clause without secrets.
    pub(super) reason: String,
    /// The `hint:` line: an action that may help.
    pub(super) hint: Option<String>,
}

impl Refusal {
    /// The source applies but does not work.
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self {
            absent: false,
            reason: reason.into(),
            hint: None,
        }
    }

    /// The source does not apply here.
    pub(super) fn absent(reason: impl Into<String>) -> Self {
        Self {
            absent: true,
            ..Self::failed(reason)
        }
    }

    /// Adds a hint.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Marks the source as one that does not apply.
    pub(super) fn skip(mut self) -> Self {
        self.absent = true;
        self
    }
}

/// Says that settings are missing: "`A` and `B` are not set".
pub(super) fn unset(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb} not set", names.join(" and "))
}
