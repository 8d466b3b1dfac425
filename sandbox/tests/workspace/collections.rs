//! Declared resources: created, listed, changed and deleted.

use serde_json::{Value, json};

use crate::client::client;

const UNITY: &str = "/api/2.1/unity-catalog";

#[tokio::test]
async fn a_resource_lives_from_create_to_delete() {
    let client = client(1.0);
    let credentials = format!("{UNITY}/storage-credentials");
    let role = json!({"role_arn": "arn:aws:iam::1:role/a"});
    let made = client
        .post(
            &credentials,
            json!({"name": "lake", "aws_iam_role": role, "skip_validation": true}),
        )
        .await;
    assert_eq!(made["owner"], "you@example.com");
    assert!(made["created_at"].is_i64());
    assert!(made.get("skip_validation").is_none());
    let again = client
        .call(
            "POST",
            &credentials,
            Some(json!({"name": "lake", "aws_iam_role": role})),
        )
        .await;
    assert_eq!(
        again,
        (
            400,
            json!({
                "error_code": "STORAGE_CREDENTIAL_ALREADY_EXISTS",
                "message": "Storage credential 'lake' already exists",
            })
        )
    );
    let one = format!("{credentials}/lake");
    let changed = json!({"comment": "new", "new_name": "lake2"});
    let (status, changed) = client.call("PATCH", &one, Some(changed)).await;
    assert_eq!((status, &changed["comment"]), (200, &json!("new")));
    let (status, gone) = client.call("GET", &one, None).await;
    assert_eq!(
        (status, &gone["error_code"]),
        (404, &json!("STORAGE_CREDENTIAL_DOES_NOT_EXIST"))
    );
    let listed = client.get(&credentials).await;
    let names = |listed: &Value| -> Vec<String> {
        let all = listed["storage_credentials"].as_array().unwrap().iter();
        all.map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&listed), ["shop_lake", "lake2"]);
    let (status, _) = client
        .call("DELETE", &format!("{credentials}/lake2"), None)
        .await;
    assert_eq!(status, 200);
    assert_eq!(names(&client.get(&credentials).await), ["shop_lake"]);
}

#[tokio::test]
async fn an_update_mask_decides_what_changes_and_the_trash_keeps_what_is_deleted() {
    let client = client(1.0);
    let queries = "/api/2.0/sql/queries";
    let query = json!({"display_name": "a", "description": "b", "query_text": "SELECT 1"});
    let made = client.post(queries, json!({"query": query})).await;
    let one = format!("{queries}/{}", made["id"].as_str().unwrap());
    let update = json!({
        "update_mask": "display_name,description",
        "query": {"display_name": "c", "query_text": "SELECT 2"},
    });
    let (_, changed) = client.call("PATCH", &one, Some(update)).await;
    assert_eq!(
        (
            &changed["display_name"],
            &changed["query_text"],
            changed.get("description")
        ),
        (&json!("c"), &json!("SELECT 1"), None)
    );
    client.call("DELETE", &one, None).await;
    assert_eq!(client.get(&one).await["lifecycle_state"], "TRASHED");
    let listed = client.get(&format!("{queries}?page_size=1")).await;
    assert_eq!(listed["results"].as_array().unwrap().len(), 1);
    let token = listed["next_page_token"].as_str().unwrap();
    let rest = client.get(&format!("{queries}?page_token={token}")).await;
    let names: Vec<&Value> = rest["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|q| &q["display_name"])
        .collect();
    assert_eq!(names, ["Taxi trips per day"]);
}
