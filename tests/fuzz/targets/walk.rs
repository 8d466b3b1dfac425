//! Judges any text as SQL.
#![no_main]

#[path = "../checks/walk.rs"]
mod walk;

libfuzzer_sys::fuzz_target!(|sql: &str| walk::check(sql));
