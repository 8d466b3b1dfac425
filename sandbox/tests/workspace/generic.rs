//! Operations that no service answers are answered from the spec, with a store.

use serde_json::json;

use crate::client::client;
use crate::coverage::{filled, paths};

#[tokio::test]
async fn what_is_created_at_a_path_is_shown_listed_changed_and_deleted_there() {
    let client = client(1000.0);
    let home = "/api/2.0/global-init-scripts";
    let script = json!({ "name": "proxy", "script": "ZWNobw==", "enabled": true });
    let made = client.post(home, script).await;
    let at = format!("{home}/{}", made["script_id"].as_str().unwrap());
    let shown = client.get(&at).await;
    assert_eq!(
        (&shown["name"], &shown["enabled"]),
        (&json!("proxy"), &json!(true))
    );
    let change = json!({ "name": "mirror", "script": "ZWNobw==" });
    let (status, changed) = client.call("PATCH", &at, Some(change)).await;
    assert_eq!((status, changed), (200, json!({})));
    let listed = client.get(home).await;
    assert_eq!(listed["scripts"][0]["name"], "mirror", "{listed}");
    assert_eq!(client.call("DELETE", &at, None).await.0, 200);
    assert_eq!(client.call("GET", &at, None).await.0, 404);
    assert_eq!(client.get(home).await["scripts"], json!([]));
}

#[tokio::test]
async fn what_a_path_says_in_words_is_done_too() {
    let client = client(1000.0);
    let path = |word: &str| format!("/api/2.0/instance-profiles/{word}");
    let profile = json!({ "instance_profile_arn": "arn:aws:iam::1:instance-profile/p" });
    client.post(&path("add"), profile.clone()).await;
    let (status, again) = client
        .call("POST", &path("add"), Some(profile.clone()))
        .await;
    assert_eq!(status, 400, "{again}");
    let listed = client.get(&path("list")).await;
    assert_eq!(listed["instance_profiles"][0], profile, "{listed}");
    client.post(&path("remove"), profile.clone()).await;
    assert_eq!(
        client.call("POST", &path("remove"), Some(profile)).await.0,
        404
    );
}

#[tokio::test]
async fn calls_are_held_to_the_spec_all_the_same() {
    let client = client(1000.0);
    let home = "/api/2.0/global-init-scripts";
    let (status, error) = client
        .call("POST", home, Some(json!({ "name": "p" })))
        .await;
    assert_eq!(status, 400, "{error}");
    let wrong = json!({ "name": 7, "script": "ZWNobw==" });
    assert_eq!(client.call("POST", home, Some(wrong)).await.0, 400);
    let (status, error) = client
        .call("GET", "/api/2.0/global-init-script", None)
        .await;
    assert_eq!(
        (status, &error["error_code"]),
        (404, &json!("ENDPOINT_NOT_FOUND"))
    );
}

#[tokio::test]
async fn no_operation_of_the_api_is_unknown() {
    let client = client(1000.0);
    let mut missing = Vec::new();
    for (operation, (verb, template)) in paths() {
        let path = filled(&template);
        let request = client.request(&verb, &path).json(&json!({}));
        let answer = request.send().await.unwrap().text().await.unwrap();
        let fault = answer.contains("No API found for") || answer.contains("INTERNAL_ERROR");
        if fault {
            missing.push(format!("{operation} ({verb} {template}): {answer}"));
        }
    }
    let count = missing.len();
    assert!(
        missing.is_empty(),
        "{count} missing:\n{}",
        missing.join("\n")
    );
}
