//! Tests of the profiles and values read from a file's text.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use proptest::prelude::*;

use super::{Profiles, Values};

fn values(text: &str, profile: &str) -> Values {
    let profiles = Profiles::parse(text).unwrap();
    let found = profiles.select(Some(profile), Path::new("cfg")).unwrap();
    found.unwrap().values
}

#[test]
fn a_value_is_everything_after_the_first_sign() {
    let text = "; a comment\n[dev]\nhost: https://a.com\nTOKEN = a=b;c # d\nempty =\n";
    let values = values(text, "dev");
    assert_eq!(values["host"], "https://a.com");
    assert_eq!(values["token"], "a=b;c # d");
    assert_eq!(values["empty"], "");
}

#[test]
fn default_lends_nothing_to_the_others() {
    let values = values("[DEFAULT]\ntoken = t\n[dev]\nhost = h\n", "dev");
    assert_eq!(values.keys().collect::<Vec<_>>(), ["host"]);
}

#[test]
fn a_broken_file_is_refused_without_its_secrets() {
    for text in [
        "token = dapi1\n[dev]\n",
        "[dev\ndapi1 = x\n",
        "[dev]\ndapi1\n",
        "[dev]\n= dapi1\n",
    ] {
        let error = Profiles::parse(text).unwrap_err();
        assert!(!error.contains("dapi1"), "{error}");
    }
}

#[test]
fn the_cli_keeps_its_settings_to_itself() {
    let profiles = Profiles::parse("[__settings__]\nhost = h\n").unwrap();
    assert!(
        profiles
            .select(Some("__settings__"), Path::new("cfg"))
            .is_err()
    );
    assert_eq!(profiles.select(None, Path::new("cfg")).unwrap(), None);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let _ = Profiles::parse(&text);
    }

    #[test]
    fn what_is_written_is_read(
        name in "[A-Za-z][A-Za-z0-9_ -]{0,12}[a-z0-9]",
        pairs in prop::collection::btree_map("[a-z][a-z0-9_]{0,12}", "[!-~]([ -~]{0,30}[!-~])?", 0..6),
    ) {
        let lines: String = pairs.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        prop_assert_eq!(values(&format!("[{name}]\n{lines}"), &name), pairs);
    }
}
