//! Types of settings: the values that one takes, in words.

use std::fmt;

/// The type of a setting's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Takes {
    /// Any text.
    Text,
    /// A URL; a password in it is never shown.
    Url,
    /// The path of a file or folder.
    Path,
    /// Names, separated by commas.
    Names,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A switch: `true` or `false`, `1` or `0`, `yes` or `no`, `on` or `off`.
    Switch,
    /// A switch that any other value than `false`, `0`, `no` or `off` turns on, as in the official SDK.
    LaxSwitch,
    /// A whole number.
    Whole {
        /// The least.
        from: usize,
        /// The greatest.
        to: usize,
    },
    /// A number.
    Number {
        /// The least.
        from: f64,
        /// The greatest.
        to: f64,
    },
    /// A duration in seconds.
    Seconds {
        /// The shortest.
        from: f64,
        /// The longest.
        to: f64,
    },
    /// `tool=number/period`, separated by commas.
    Rates,
    /// `tool=number`, separated by commas.
    Limits {
        /// The least of a number.
        from: usize,
        /// The greatest of a number.
        to: usize,
    },
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Url => f.write_str("a URL"),
            Self::Path => f.write_str("a path"),
            Self::Names => f.write_str("names, separated by commas"),
            Self::OneOf(words) => write!(f, "`{}`", words.join("` or `")),
            Self::Switch | Self::LaxSwitch => f.write_str("`true` or `false`"),
            Self::Whole { from, to } => write!(f, "a whole number from {from} to {to}"),
            Self::Number { from, to } => write!(f, "a number from {from} to {to}"),
            Self::Seconds { from, to } => write!(f, "seconds from {from} to {to}"),
            Self::Rates => f.write_str("`tool=number/minute`, or by `second`, `hour` or `day`"),
            Self::Limits { from, to } => {
                write!(f, "`tool=number`, with a whole number from {from} to {to}")
            }
        }
    }
}
