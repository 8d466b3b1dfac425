//! `databricks-sandbox`: the command line of the local workspace.

fn main() {}
