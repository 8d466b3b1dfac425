//! What is made from the API documents and the manifest for the snapshots: the decisions, and answers of the service.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod answers;
pub mod sample;
pub mod specs;
pub mod value;
