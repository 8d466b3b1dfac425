//! MCP server that gives any AI agent a Databricks workspace.
