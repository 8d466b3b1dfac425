//! Credentials, unknown paths, wrong requests, headers.

use serde_json::json;

use crate::client::client;

#[tokio::test]
async fn without_a_token_nothing_answers() {
    let client = client(1.0);
    let url = format!("{}/api/2.0/preview/scim/v2/Me", client.running.host());
    let answer = client.http.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["error_code"], 401, "a number, as the service sends it");
    let answer = client
        .http
        .get(&url)
        .bearer_auth("dapiwrong")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(
        body,
        json!({"error_code": 403, "message": "Invalid access token."})
    );
}

#[tokio::test]
async fn unknown_paths_and_verbs_have_no_api() {
    let client = client(1.0);
    for (verb, path) in [
        ("GET", "/api/2.0/nothing"),
        ("DELETE", "/api/2.1/clusters/list"),
        ("GET", "/"),
    ] {
        let (status, body) = client.call(verb, path, None).await;
        assert_eq!(status, 404);
        assert_eq!(body["error_code"], "ENDPOINT_NOT_FOUND");
        assert_eq!(body["message"], format!("No API found for '{verb} {path}'"));
    }
}

#[tokio::test]
async fn requests_are_held_to_the_spec() {
    let client = client(1.0);
    let post = async |path: &str, body| client.call("POST", path, Some(body)).await;
    let start = "/api/2.1/clusters/start";
    let wrong = [
        (start, json!({}), "Missing required field: cluster_id"),
        (start, json!({"cluster_id": 7}), "7 is not of type"),
        (
            start,
            json!({"cluster_id": "a", "clusterid": "b"}),
            "'clusterid' was unexpected",
        ),
        (
            "/api/2.0/sql/statements",
            json!({"statement": "SELECT 1", "warehouse_id": "a", "format": "XML"}),
            "\"XML\" is not one of",
        ),
        (
            "/api/2.0/sql/statements",
            json!({"statement": "SELECT :a", "warehouse_id": "a", "parameters": [{"value": "1"}]}),
            "Missing required field in `parameters.0`: name",
        ),
    ];
    for (path, body, message) in wrong {
        let (status, answer) = post(path, body).await;
        assert_eq!(
            (status, &answer["error_code"]),
            (400, &json!("INVALID_PARAMETER_VALUE"))
        );
        let said = answer["message"].as_str().unwrap();
        assert!(said.contains(message), "{said}");
    }
    let queries = [
        (
            "/api/2.1/clusters/get",
            "Missing required field: cluster_id",
        ),
        ("/api/2.2/jobs/get?job_id=seven", "\"seven\" is not of type"),
        (
            "/api/2.1/clusters/list?filter_by.cluster_states=GONE",
            "\"GONE\" is not one of",
        ),
    ];
    for (path, message) in queries {
        let (status, answer) = client.call("GET", path, None).await;
        assert_eq!(
            (status, &answer["error_code"]),
            (400, &json!("INVALID_PARAMETER_VALUE"))
        );
        let said = answer["message"].as_str().unwrap();
        assert!(said.contains(message), "{said}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_an_object_is_malformed() {
    let client = client(1.0);
    for body in ["{", "[]", "\"text\"", ""] {
        let request = client.request("POST", "/api/2.1/clusters/start").body(body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(answer["error_code"], "MALFORMED_REQUEST", "{body}");
    }
}

#[tokio::test]
async fn every_answer_has_the_services_headers() {
    let client = client(1.0);
    for path in ["/api/2.0/preview/scim/v2/Me", "/api/2.0/nothing"] {
        let answer = client.request("GET", path).send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["server"], "databricks");
        assert_eq!(headers["vary"], "Accept-Encoding");
        assert_eq!(headers["x-request-id"].len(), 36);
        assert!(
            headers["x-databricks-org-id"]
                .to_str()
                .unwrap()
                .parse::<u64>()
                .is_ok()
        );
    }
}
