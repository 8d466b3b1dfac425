//! Shared parts of the tests: the built binary as a child process, and servers in place of a workspace.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod binary;
pub mod misbehaving;
pub mod pipe;
pub mod recorder;
pub mod script;
pub mod specs;
pub mod tls;
