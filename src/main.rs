//! `databricks-mcp`: the command line.

fn main() {}
