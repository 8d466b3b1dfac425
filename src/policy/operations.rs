//! Operations that a call may name: which of them this server sends.

use url::Url;

use super::Rules;
use crate::api;
use crate::catalog::Operation;
use crate::error::Error;

/// Lets an operation pass that this server may send.
///
/// # Errors
/// Why it may not: it writes in read-only mode, belongs to the account console, or is excluded.
pub(super) fn admit(rules: &Rules, operation: &Operation, host: &Url) -> Result<(), Error> {
    if rules.read_only && !matches!(operation.verb, "GET" | "HEAD") {
        return Err(Error::ReadOnly {
            what: "operation",
            reason: format!("`{}` is a {}", operation.id, operation.verb),
        });
    }
    if operation.account && !api::serves_account(host) {
        let host = host.host_str().unwrap_or_default();
        return Err(Error::Arguments {
            tool: operation.id.to_owned(),
            problems: vec![format!(
                "it belongs to the account, and `{host}` is a workspace; a server with `DATABRICKS_HOST` set to the \
                 account console (https://accounts…) can call it"
            )],
        });
    }
    if rules.excluded.blocks(operation) {
        return Err(Error::Arguments {
            tool: "api_call".to_owned(),
            problems: vec![format!(
                "the user has excluded the tools that send `{}`",
                operation.id
            )],
        });
    }
    Ok(())
}
