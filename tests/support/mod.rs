//! What the tests share: the built binary spoken to in JSON-RPC lines, and a recorder in place of a workspace.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod binary;
pub mod misbehaving;
pub mod pipe;
pub mod recorder;
pub mod tls;
