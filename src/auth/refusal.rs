//! Why a source of tokens gave none: it does not apply here, or it failed.

/// No token, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub(super) struct Refusal {
    /// The source does not apply here, so that the next in order may serve.
    pub(super) absent: bool,
    /// A sentence without secrets.
    pub(super) reason: String,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

impl Refusal {
    /// The source applies and does not work.
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

    /// Adds what to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same trouble, in a source that may be passed over.
    pub(super) fn skip(mut self) -> Self {
        self.absent = true;
        self
    }
}
