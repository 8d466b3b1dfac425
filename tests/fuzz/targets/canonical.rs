//! Spells any call in other ways.
#![no_main]

use libfuzzer_sys::Corpus;

#[path = "../checks/canonical.rs"]
mod canonical;

libfuzzer_sys::fuzz_target!(|text: &str| -> Corpus {
    if canonical::check(text) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});
