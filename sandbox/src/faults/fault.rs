//! One fault: its kind, the requests that it is for, and those of them that it strikes.

use std::str::FromStr;
use std::time::Duration;

use axum::http::{Method, StatusCode};

/// A stall that nobody outwaits.
const FOR_EVER: Duration = Duration::from_secs(86_400);
const HINT: &str = "hint: KIND[,path=/api/*][,method=GET][,skip=N][,times=N][,chance=0..1,seed=N][,after], where KIND is \
                    429 or another status from 400 (retry-after=SECONDS), reset, stall (seconds=N) or truncate";

/// A failure on demand.
///
/// Read from text: a kind, and where and how often it strikes, as in `429,path=/api/2.0/sql/*,times=2,retry-after=1`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub(super) kind: Kind,
    /// True if the request is carried out before the fault strikes.
    pub(super) after: bool,
    method: Option<String>,
    /// The path, in which `*` stands for any text.
    path: String,
    /// The requests that pass before the first is struck.
    skip: u64,
    /// The most requests that are looked at after those.
    times: Option<u64>,
    /// The share of requests that is struck.
    chance: f64,
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// An error of the service, with the seconds of `Retry-After`.
    Status(StatusCode, Option<u64>),
    /// The connection is reset.
    Reset,
    /// Nothing happens for a while.
    Stall(Duration),
    /// The answer breaks off in the middle.
    Truncate,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let mut fault = Self {
            kind: kind(name).ok_or_else(|| format!("no such fault: `{name}`\n{HINT}"))?,
            after: false,
            method: None,
            path: "*".to_owned(),
            skip: 0,
            times: None,
            chance: 1.0,
            seed: 0,
        };
        for part in parts {
            if !fault.set(part) {
                return Err(format!("a fault does not take this: `{part}`\n{HINT}"));
            }
        }
        Ok(fault)
    }
}

fn kind(name: &str) -> Option<Kind> {
    match name {
        "reset" => Some(Kind::Reset),
        "stall" => Some(Kind::Stall(FOR_EVER)),
        "truncate" => Some(Kind::Truncate),
        code => {
            let status = StatusCode::from_bytes(code.as_bytes()).ok()?;
            let fails = status.is_client_error() || status.is_server_error();
            // What a limit of requests asks for unless told otherwise.
            let wait = (status == StatusCode::TOO_MANY_REQUESTS).then_some(1);
            fails.then_some(Kind::Status(status, wait))
        }
    }
}

impl Fault {
    /// Takes one of the words after the kind; false if it does not.
    fn set(&mut self, part: &str) -> bool {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let number = value.parse::<u64>().ok();
        match (name, &mut self.kind, number) {
            ("after", _, _) if value.is_empty() => self.after = true,
            ("path", _, _) if !value.is_empty() => self.path = value.to_owned(),
            ("method", _, _) if !value.is_empty() => self.method = Some(value.to_uppercase()),
            ("skip", _, Some(number)) => self.skip = number,
            ("times", _, Some(number)) => self.times = Some(number),
            ("seed", _, Some(number)) => self.seed = number,
            ("retry-after", Kind::Status(_, wait), Some(number)) => *wait = Some(number),
            ("seconds", Kind::Stall(time), Some(number)) => *time = Duration::from_secs(number),
            ("chance", _, _) => match value.parse() {
                Ok(chance) if (0.0..=1.0).contains(&chance) => self.chance = chance,
                _ => return false,
            },
            _ => return false,
        }
        true
    }

    /// True if the fault is for requests like this.
    pub(super) fn is_for(&self, verb: &Method, path: &str) -> bool {
        let method = self.method.as_deref();
        method.is_none_or(|method| method == verb.as_str()) && fits(&self.path, path)
    }

    /// True if the fault strikes the `nth` request that it is for, counted from zero. The same seed strikes the same.
    pub(super) fn strikes(&self, nth: u64) -> bool {
        let Some(nth) = nth.checked_sub(self.skip) else {
            return false;
        };
        self.times.is_none_or(|times| nth < times) && share(self.seed, nth) < self.chance
    }
}

/// True if the pattern, in which `*` stands for any text, is the path.
fn fits(pattern: &str, path: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let Some(left) = path.strip_prefix(start) else {
        return false;
    };
    let mut ends = left.char_indices().map(|(at, _)| at).chain([left.len()]);
    ends.any(|at| left.get(at..).is_some_and(|end| fits(rest, end)))
}

/// A number from 0 up to 1 that the seed and the place decide, as splitmix64 spreads them.
fn share(seed: u64, nth: u64) -> f64 {
    let step = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bits = seed.wrapping_add(nth.wrapping_add(1).wrapping_mul(step));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let high = u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap_or_default();
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn struck(spec: &str, of: u64) -> Vec<u64> {
        let fault: Fault = spec.parse().unwrap();
        (0..of).filter(|nth| fault.strikes(*nth)).collect()
    }

    #[test]
    fn counts_are_kept_and_a_seed_strikes_the_same_again() {
        assert_eq!(struck("503", 3), [0, 1, 2]);
        assert_eq!(struck("503,skip=1,times=2", 9), [1, 2]);
        let some = struck("reset,chance=0.25,seed=7", 1000);
        assert_eq!(some, struck("reset,chance=0.25,seed=7", 1000));
        assert_ne!(some, struck("reset,chance=0.25,seed=8", 1000));
        assert!((200..300).contains(&some.len()), "{}", some.len());
        assert!(struck("reset,chance=0", 1000).is_empty());
    }

    #[test]
    fn a_fault_is_for_its_paths_and_method_alone() {
        let fault: Fault = "429,path=/api/2.*/sql/*/result,method=get".parse().unwrap();
        assert!(fault.is_for(&Method::GET, "/api/2.0/sql/statements/x/result"));
        assert!(!fault.is_for(&Method::POST, "/api/2.0/sql/statements/x/result"));
        assert!(!fault.is_for(&Method::GET, "/api/2.0/sql/statements/x/results"));
        assert!(!fault.is_for(&Method::GET, "/api/2.0/jobs/x/result"));
    }

    #[test]
    fn what_is_no_fault_is_refused_with_a_hint() {
        for spec in [
            "",
            "200",
            "1000",
            "flood",
            "429,often",
            "reset,retry-after=1",
            "503,chance=2",
            "503,after=1",
        ] {
            let refused = spec.parse::<Fault>().unwrap_err();
            assert!(refused.contains("\nhint: "), "{spec}: {refused}");
        }
    }
}
