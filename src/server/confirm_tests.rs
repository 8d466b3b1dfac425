//! The settings of confirmation.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::settings::file::Files;
use crate::settings::of_process;

fn set(name: &'static str, text: &'static str) -> Result<Confirmation, Error> {
    let variable = move |asked: &str| (asked == name).then(|| text.to_owned());
    Confirmation::of(&of_process(&[], &variable, &Files::default()))
}

#[test]
fn only_a_plain_yes_takes_the_safety_off() {
    let set = |yes| set("DATABRICKS_MCP_YES", yes);
    for yes in ["1", " TRUE ", "yes"] {
        assert!(set(yes).unwrap().yes, "{yes}");
    }
    for no in ["", "0", "no"] {
        assert!(!set(no).unwrap().yes, "{no}");
    }
    assert!(set("maybe").is_err());
}

#[test]
fn a_patience_that_is_none_is_refused() {
    let set = |text| set("DATABRICKS_MCP_CONFIRM_TIMEOUT", text);
    assert_eq!(set("5").unwrap().patience, Duration::from_secs(5));
    assert_eq!(set("").unwrap().patience, PATIENCE);
    // A sealed question is as old as the user wants it to become.
    assert_eq!(set("5").unwrap().sealed_for(), Duration::from_secs(5));
    assert_eq!(set("").unwrap().sealed_for(), SEALED_FOR);
    for wrong in ["0", "-1", "4m", "100000"] {
        assert!(
            set(wrong).unwrap_err().to_string().contains(wrong),
            "{wrong}"
        );
    }
}
