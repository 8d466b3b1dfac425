//! A Databricks workspace on your own machine.
