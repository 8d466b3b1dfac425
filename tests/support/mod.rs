//! Shared parts of the tests: the built binary as a child process, servers in place of a workspace, and tools without
//! one.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod arguments;
pub mod binary;
pub mod cutting;
pub mod inventory;
pub mod misbehaving;
pub mod pipe;
pub mod recorder;
pub mod script;
pub mod shell;
pub mod specs;
pub mod tls;
