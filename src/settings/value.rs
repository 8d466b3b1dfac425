//! Values of settings: parses text into the type a setting takes, with one form of error.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use super::definition::Setting;
use super::takes::Takes;
use crate::error::Error;

/// A parsed value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a text, a URL or a path.
    Text(String),
    /// Of names.
    Names(Vec<String>),
    /// Of a switch.
    Switch(bool),
    /// Of a whole number.
    Whole(usize),
    /// Of a number.
    Number(f64),
    /// Of a duration.
    Seconds(Duration),
    /// Of limits by tool.
    Limits(BTreeMap<String, usize>),
    /// Of rates by tool.
    Rates(BTreeMap<String, Rate>),
}

/// So many in a period, such as `10/minute`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// Its name in the singular.
    pub period: &'static str,
}

/// The periods of rates, with their seconds.
const PERIODS: [(&str, u64); 4] = [
    ("second", 1),
    ("minute", 60),
    ("hour", 3_600),
    ("day", 86_400),
];

impl Rate {
    fn parse(text: &str) -> Option<Self> {
        let (count, period) = text.split_once('/')?;
        let period = period.trim().trim_end_matches('s');
        let (period, _) = PERIODS.iter().find(|(name, _)| *name == period)?;
        Some(Self {
            count: count.trim().parse().ok()?,
            period,
        })
    }

    /// The time from one to the next, where they are evenly spaced.
    #[must_use]
    pub fn gap(self) -> Duration {
        let period = PERIODS.iter().find(|(name, _)| *name == self.period);
        let seconds = period.map_or(1, |(_, seconds)| *seconds);
        Duration::from_secs(seconds) / self.count.get()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.period)
    }
}

macro_rules! held_by {
    ($($variant:ident: $type:ty;)*) => {$(
        impl TryFrom<Value> for $type {
            type Error = Value;

            fn try_from(value: Value) -> Result<Self, Value> {
                match value {
                    Value::$variant(held) => Ok(held),
                    other => Err(other),
                }
            }
        }
    )*};
}

held_by! {
    Text: String;
    Names: Vec<String>;
    Switch: bool;
    Whole: usize;
    Number: f64;
    Seconds: Duration;
    Limits: BTreeMap<String, usize>;
    Rates: BTreeMap<String, Rate>;
}

impl Setting {
    /// Parses a text as a value of this setting.
    ///
    /// # Errors
    /// The setting does not take such a value.
    pub fn parse(&self, text: &str) -> Result<Value, Error> {
        let text = text.trim();
        let refuse = |part: &str| self.refuse(part);
        match self.takes {
            Takes::Text | Takes::Url | Takes::Path => Ok(Value::Text(text.to_owned())),
            Takes::OneOf(words) => {
                let word = text.to_ascii_lowercase();
                if !words.contains(&word.as_str()) {
                    return Err(refuse(text));
                }
                Ok(Value::Text(word))
            }
            Takes::Names => Ok(Value::Names(parts(text).map(ToOwned::to_owned).collect())),
            Takes::Switch if self.adds_up => {
                let switches: Result<Vec<bool>, Error> = parts(text)
                    .map(|part| switch(part).ok_or_else(|| refuse(part)))
                    .collect();
                Ok(Value::Switch(switches?.contains(&true)))
            }
            Takes::Switch => Ok(Value::Switch(switch(text).ok_or_else(|| refuse(text))?)),
            Takes::LaxSwitch => Ok(Value::Switch(switch(text) != Some(false))),
            Takes::Whole { from, to } => {
                let number = whole(text, from, to).ok_or_else(|| refuse(text))?;
                Ok(Value::Whole(number))
            }
            Takes::Number { from, to } => {
                let number = number(text, from, to).ok_or_else(|| refuse(text))?;
                Ok(Value::Number(number))
            }
            Takes::Seconds { from, to } => {
                let seconds = number(text, from, to).ok_or_else(|| refuse(text))?;
                Ok(Value::Seconds(Duration::from_secs_f64(seconds)))
            }
            Takes::Limits { from, to } => {
                let limits = self.by_tool(text, |limit| whole(limit, from, to))?;
                Ok(Value::Limits(limits))
            }
            Takes::Rates => Ok(Value::Rates(self.by_tool(text, Rate::parse)?)),
        }
    }

    fn by_tool<T>(
        &self,
        text: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<BTreeMap<String, T>, Error> {
        let mut all = BTreeMap::new();
        for part in parts(text) {
            let (tool, value) = part.split_once('=').ok_or_else(|| self.refuse(part))?;
            let value = parse(value.trim()).ok_or_else(|| self.refuse(part))?;
            let tool = tool.trim();
            if all.insert(tool.to_owned(), value).is_some() {
                return Err(self.unusable(format!("`{tool}` is given twice")));
            }
        }
        Ok(all)
    }

    /// The error for a value that cannot be used.
    #[must_use]
    pub fn unusable(&self, reason: String) -> Error {
        Error::Setting {
            setting: self.title(),
            reason,
        }
    }

    fn refuse(&self, text: &str) -> Error {
        self.unusable(format!("`{text}` is not {}", self.takes))
    }
}

/// The parts of a list, without empty ones.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn whole(text: &str, from: usize, to: usize) -> Option<usize> {
    let number = text.parse().ok()?;
    (from..=to).contains(&number).then_some(number)
}

/// `NaN` is in no range.
fn number(text: &str, from: f64, to: f64) -> Option<f64> {
    let number = text.parse().ok()?;
    (from..=to).contains(&number).then_some(number)
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
