//! A SQL statement under way: waiting for it, fetching its rows, showing them. Shared by the SQL behaviours.

use databricks_client::types::{
    SqlColumnInfo, SqlResultData, SqlStatementResponse, SqlStatementStatus,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::Error;
