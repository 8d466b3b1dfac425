//! The user of the workspace, its address and its token.

/// The one user of the workspace.
pub(crate) const USER: &str = "you@example.com";
/// The user's id.
pub(crate) const USER_ID: i64 = 4_821_907_365;
/// The one metastore of the workspace.
pub(crate) const METASTORE: &str = "3f1c7a52-9d0e-4b6b-8f57-2f4f6a1d9c30";

/// The address of the workspace and the token that opens it.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// `http://127.0.0.1:PORT`
    pub(crate) host: String,
    /// The bearer token.
    pub(crate) token: String,
    /// The workspace id.
    pub(crate) workspace_id: u64,
}
