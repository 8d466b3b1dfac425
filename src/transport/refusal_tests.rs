//! Every shape of error body, as an agent reads it.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn refused(status: u16, headers: &[(&'static str, &str)], body: &str) -> Box<Failure> {
    let status = StatusCode::from_u16(status).unwrap();
    let headers = headers.iter().map(|(name, value)| {
        let name = http::HeaderName::from_static(name);
        (name, value.parse().unwrap())
    });
    let headers = HeaderMap::from_iter(headers);
    let sent = SentCredential::new(HeaderMap::new(), &HeaderMap::new());
    let call = crate::transport::Call::new("get_job");
    let url = "https://example.com".parse().unwrap();
    let mut request = reqwest::Request::new(http::Method::GET, url);
    let outgoing = Outgoing::new(&call, "jobs.get", &mut request, Duration::ZERO);
    read(&outgoing, "pat", status, &headers, body.as_bytes(), &sent)
}

#[test]
fn every_shape_of_error_body_is_read() {
    let shapes = [
        (
            400,
            r#"{"error_code":"INVALID_PARAMETER_VALUE","message":"Job 7 does not exist."}"#,
        ),
        (
            401,
            r#"{"error_code":401,"message":"Credential was not sent or was of an unsupported type for this API."}"#,
        ),
        (
            403,
            r#"{"error_code":403,"message":"Invalid access token."}"#,
        ),
        (500, r#"{"error":"ContextNotFound: 12"}"#),
        (
            404,
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"no user","status":"404"}"#,
        ),
        (
            409,
            r#"{"detail":"user exists","scimType":"uniqueness","status":"409"}"#,
        ),
        (500, r#"{"detail":"null","status":"500"}"#),
        (
            404,
            r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No experiment 3"}"#,
        ),
        (
            400,
            r#"{"error":{"message":"max_tokens is too large","type":"invalid_request_error","code":"too_large"}}"#,
        ),
        (
            400,
            r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#,
        ),
        (
            400,
            r#"{"error_code":"BAD_REQUEST","message":"2 problems","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","field_violations":[{"field":"name","description":"must not be empty"}]}]}"#,
        ),
        (
            403,
            r#"PERMISSION_DENIED: User does not have CAN_MANAGE on Job 7."#,
        ),
        (503, ""),
        (
            502,
            "<html><head><title>502 Bad\n Gateway</title></head><body>nginx</body></html>",
        ),
        (
            500,
            "<html><body><h2>HTTP ERROR</h2><pre>Server Error</pre></body></html>",
        ),
        (400, r#"{"error_code":"BAD"#),
        (400, "[1,2]"),
        (418, "{}"),
    ];
    let read: Vec<String> = shapes
        .iter()
        .map(|(status, body)| refused(*status, &[], body).error.text())
        .collect();
    insta::assert_snapshot!(read.join("\n\n"), @r#"
    Databricks refused `jobs.get`: Job 7 does not exist. (HTTP 400, INVALID_PARAMETER_VALUE)

    Databricks refused `jobs.get`: Credential was not sent or was of an unsupported type for this API. (HTTP 401, UNAUTHORIZED)
    hint: the credential was not accepted: check `DATABRICKS_TOKEN`: it may be expired, revoked or of another workspace

    Databricks refused `jobs.get`: Invalid access token. (HTTP 403, FORBIDDEN)
    hint: the credential was not accepted: check `DATABRICKS_TOKEN`: it may be expired, revoked or of another workspace

    Databricks refused `jobs.get`: ContextNotFound: 12 (HTTP 500, INTERNAL_SERVER_ERROR)
    hint: the service failed: call again in a moment

    Databricks refused `jobs.get`: no user (HTTP 404, NOT_FOUND)

    Databricks refused `jobs.get`: user exists (HTTP 409, uniqueness)

    Databricks refused `jobs.get`: the SCIM service failed (HTTP 500, INTERNAL_SERVER_ERROR)
    hint: the service failed: call again in a moment

    Databricks refused `jobs.get`: No experiment 3 (HTTP 404, RESOURCE_DOES_NOT_EXIST)

    Databricks refused `jobs.get`: max_tokens is too large (HTTP 400, too_large)

    Databricks refused `jobs.get`: Client authentication failed (HTTP 400, invalid_client)

    Databricks refused `jobs.get`: 2 problems
    - `name`: must not be empty (HTTP 400, BAD_REQUEST)

    Databricks refused `jobs.get`: User does not have CAN_MANAGE on Job 7. (HTTP 403, PERMISSION_DENIED)
    hint: ask the owner or an admin to grant you CAN_MANAGE on Job 7

    Databricks refused `jobs.get`: an empty answer, 503 Service Unavailable (HTTP 503, SERVICE_UNAVAILABLE)
    hint: the service failed: call again in a moment

    Databricks refused `jobs.get`: a web page instead of JSON: 502 Bad Gateway (HTTP 502, BAD_GATEWAY)
    hint: the service failed: call again in a moment

    Databricks refused `jobs.get`: a web page instead of JSON: Server Error (HTTP 500, INTERNAL_SERVER_ERROR)
    hint: the service failed: call again in a moment

    Databricks refused `jobs.get`: an unreadable answer instead of JSON: {"error_code":"BAD (HTTP 400, BAD_REQUEST)

    Databricks refused `jobs.get`: an unreadable answer instead of JSON: [1,2] (HTTP 400, BAD_REQUEST)

    Databricks refused `jobs.get`: an unreadable answer instead of JSON: {} (HTTP 418, I'M_A_TEAPOT)
    "#);
}

#[test]
fn request_ids_come_from_the_header_or_the_details() {
    let details = r#"{"error_code":"NOT_FOUND","message":"no","details":[{"@type":"type.googleapis.com/google.rpc.RequestInfo","request_id":"r-1","serving_data":""}]}"#;
    let id = |headers: &[(&'static str, &str)]| match refused(404, headers, details).error {
        Error::Api { request_id, .. } => request_id,
        other => panic!("{other}"),
    };
    assert_eq!(id(&[]).as_deref(), Some("r-1"));
    assert_eq!(id(&[("x-request-id", "r-2")]).as_deref(), Some("r-2"));
}

#[test]
fn waits_come_from_the_header_or_the_details() {
    let details = r#"{"error_code":"X","message":"no","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retry_delay":"1.5s"}]}"#;
    assert_eq!(
        refused(429, &[], details).retry_after,
        Some(Duration::from_millis(1500))
    );
    let refused = refused(429, &[("retry-after", "7")], details);
    assert_eq!(refused.retry_after, Some(Duration::from_secs(7)));
    let text = refused.error.text();
    assert!(
        text.ends_with("wait and call again (the service asks to wait 7 s)"),
        "{text}"
    );
}

#[test]
fn a_redirect_is_an_error_that_shows_no_query() {
    let target =
        "https://login.example.com/login.html?error=private-link-validation-error:1&sig=abc";
    let text = refused(302, &[("location", target)], "").error.text();
    insta::assert_snapshot!(text, @r#"
    Databricks refused `jobs.get`: a redirect to `https://login.example.com/login.html`, which is not followed (HTTP 302, PRIVATE_LINK_VALIDATION_ERROR)
    hint: the workspace does not answer here: check `DATABRICKS_HOST`; a redirect to a login page also means that the network may not reach it (private link, VPN)
    "#);
}

#[test]
fn an_endless_message_is_cut() {
    let body = format!(r#"{{"message":"{}"}}"#, "é".repeat(100_000));
    let text = refused(400, &[], &body).error.text();
    assert!(text.chars().count() < 2_200);
}

#[test]
fn only_a_refused_credential_asks_for_a_new_one() {
    assert!(refused(401, &[], "").refused_credential.is_some());
    assert!(
        refused(
            403,
            &[],
            r#"{"error_code":403,"message":"Invalid access token."}"#
        )
        .refused_credential
        .is_some()
    );
    assert!(
        refused(
            403,
            &[],
            r#"{"error_code":"PERMISSION_DENIED","message":"no access token here"}"#
        )
        .refused_credential
        .is_none()
    );
}
