//! The trace context of W3C: `00-<trace>-<span>-<flags>`.

/// A span of a trace, as its children name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// The trace.
    pub trace: u128,
    /// The span.
    pub span: u64,
    /// True if the trace is recorded.
    pub sampled: bool,
}

impl Parent {
    /// The first span of a new trace.
    pub(super) fn new() -> Self {
        Self {
            trace: fastrand::u128(1..),
            span: fastrand::u64(1..),
            sampled: true,
        }
    }

    /// A new span of the same trace.
    pub(super) fn child(self) -> Self {
        Self {
            span: fastrand::u64(1..),
            ..self
        }
    }

    /// Reads a `traceparent`; none where it is not one. Versions to come may add fields at its end.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let mut next = |digits: usize| {
            let part = parts.next()?;
            let is_hex = part.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
            (part.len() == digits && is_hex).then_some(part)
        };
        let (version, trace, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        let is_of_version = version != "ff" && (version != "00" || parts.next().is_none());
        let found = Self {
            trace: u128::from_str_radix(trace, 16).ok()?,
            span: u64::from_str_radix(span, 16).ok()?,
            sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
        };
        (is_of_version && found.trace != 0 && found.span != 0).then_some(found)
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> String {
        let flags = u8::from(self.sampled);
        format!("00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_context_is_read_and_written_and_what_is_none_is_ignored() {
        // The example of the recommendation.
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent = Parent::parse(text).unwrap();
        assert_eq!((parent.header().as_str(), parent.sampled), (text, true));
        let child = parent.child();
        assert_eq!((child.trace, child.sampled), (parent.trace, true));
        assert_ne!(child.span, parent.span);
        let later = text.replacen("00", "cc", 1) + "-more";
        assert_eq!(Parent::parse(&later), Some(parent));
        for wrong in [
            "",
            "00",
            &text.replacen("00", "ff", 1),
            &format!("{text}-more"),
            &text.to_uppercase(),
            &text.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &text.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &text.replace("00f067aa0ba902b7", "00f067aa0ba902b"),
            &text.replace("00f067aa0ba902b7", "00f067aa0ba902bé"),
        ] {
            assert_eq!(Parent::parse(wrong), None, "{wrong}");
        }
        assert!(!Parent::parse(&text.replace("-01", "-00")).unwrap().sampled);
    }
}
