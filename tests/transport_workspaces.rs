//! Several workspaces: the workspace id header, and separate connections, limits and budgets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::transport::{Call, Limits, Transport};
use reqwest::Method;
use support::misbehaving::{Act, Misbehaving};
use support::pipe::{TOKEN, pipe, quick, request, send};

fn workspace(host: &str, id: &str) -> Result<Transport, String> {
    let settings = Settings::from_variables(|name| match name {
        "DATABRICKS_HOST" => Some(host.to_owned()),
        "DATABRICKS_TOKEN" => Some(TOKEN.to_owned()),
        "DATABRICKS_WORKSPACE_ID" => Some(id.to_owned()),
        _ => None,
    });
    let made = Transport::new(&settings.unwrap(), &Connections::default(), quick());
    made.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_configured_workspace_id_goes_with_requests_of_the_workspace_only() {
    let server = Misbehaving::acts([Act::ok("{}")]).await;
    let storage = Misbehaving::acts([Act::ok("{}")]).await;
    let pipe = workspace(&server.host, "123").unwrap();
    let elsewhere = format!("{}/file?sig=1", storage.host);
    for path in [
        "/api/2.2/jobs/list",
        "/api/2.0/preview/accounts/access-control/rule-sets",
        "/api/2.0/accounts/a-1/workspaces",
        elsewhere.as_str(),
    ] {
        let request = request(&pipe, Method::GET, path, None);
        pipe.send(&Call::new("t"), "x.y", request).await.unwrap();
    }
    let id = |seen: &support::misbehaving::Seen| {
        let id = seen.header("x-databricks-workspace-id");
        id.map(ToOwned::to_owned)
    };
    let ids: Vec<_> = server.seen().iter().map(id).collect();
    assert_eq!(ids, [Some("123".to_owned()), Some("123".to_owned()), None]);
    assert_eq!(id(&storage.seen()[0]), None);
    // Without an id, no header is sent.
    let plain = support::pipe::pipe(&server.host, quick());
    send(&plain, Method::GET, "jobs.list", None).await.unwrap();
    assert_eq!(id(&server.seen()[3]), None);
}

#[tokio::test]
async fn a_workspace_id_that_no_header_can_carry_is_refused() {
    let error = workspace("http://127.0.0.1:1", "1\n2").unwrap_err();
    assert_eq!(
        error,
        "`DATABRICKS_WORKSPACE_ID` cannot be used: it holds characters that no header can carry"
    );
}

#[tokio::test]
async fn workspaces_share_neither_connections_nor_turns_nor_budgets() {
    let limits = || Limits {
        in_flight: 1,
        retries: 1,
        ..quick()
    };
    let busy = Misbehaving::acts([Act::status(503, "{}")]).await;
    let calm = Misbehaving::acts([Act::status(503, "{}"), Act::ok("{}")]).await;
    let (one, other) = (pipe(&busy.host, limits()), pipe(&calm.host, limits()));
    send(&one, Method::GET, "jobs.list", None)
        .await
        .unwrap_err();
    assert_eq!(busy.seen().len(), 2, "its budget is spent");
    send(&other, Method::GET, "jobs.list", None).await.unwrap();
    assert_eq!(calm.seen().len(), 2);

    // They share no pool even with the same host.
    let same = Misbehaving::acts([Act::ok("{}")]).await;
    for _ in 0..2 {
        let pipe = pipe(&same.host, limits());
        send(&pipe, Method::GET, "jobs.list", None).await.unwrap();
    }
    assert_eq!(same.connections(), 2);
}
