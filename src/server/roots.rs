//! Roots of the client: the folders of this machine that it shares.

use rmcp::RoleServer;
use rmcp::model::ProtocolVersion;
use rmcp::service::RequestContext;

/// Reports whether the client can be asked for its roots. Clients of the later protocol take no requests.
pub(super) fn declared(client: &RequestContext<RoleServer>) -> bool {
    let earlier = client
        .protocol_version()
        .is_some_and(|version| version < ProtocolVersion::V_2026_07_28);
    let declares = client
        .client_capabilities()
        .is_some_and(|declared| declared.roots.is_some());
    earlier && declares
}
