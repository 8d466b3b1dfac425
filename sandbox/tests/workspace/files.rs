//! Files of volumes: whole, in part, and their metadata.

use serde_json::json;

use crate::client::{Client, client};

const FILE: &str = "/api/2.0/fs/files/Volumes/main/default/landing/a%20b.bin";
const FOLDER: &str = "/api/2.0/fs/directories/Volumes/main/default/landing";

async fn upload(client: &Client, path: &str, bytes: &'static [u8]) -> u16 {
    let sent = client.request("PUT", path).body(bytes).send().await;
    sent.unwrap().status().as_u16()
}

#[tokio::test]
async fn bytes_come_back_as_they_went_whole_and_in_part() {
    let client = client(1.0);
    let bytes: &[u8] = b"\x00\xff0123456789";
    assert_eq!(upload(&client, FILE, bytes).await, 204);
    let whole = client.request("GET", FILE).send().await.unwrap();
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    assert_eq!(whole.bytes().await.unwrap(), bytes);
    let part = client.request("GET", FILE).header("range", "bytes=2-4");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 2-4/12");
    assert_eq!(part.bytes().await.unwrap(), &b"012"[..]);
    let beyond = client.request("GET", FILE).header("range", "bytes=12-");
    assert_eq!(beyond.send().await.unwrap().status(), 416);
}

#[tokio::test]
async fn head_tells_the_size_and_sends_nothing() {
    let client = client(1.0);
    upload(&client, FILE, b"0123456789").await;
    let head = client.request("HEAD", FILE).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], "10");
    assert!(
        head.headers()["last-modified"]
            .to_str()
            .unwrap()
            .ends_with("GMT")
    );
    assert!(head.bytes().await.unwrap().is_empty());
    let listed = client.get(FOLDER).await;
    assert_eq!(listed["contents"][0]["name"], "a b.bin");
    let none = client.request("HEAD", &format!("{FILE}x")).send().await;
    assert_eq!(none.unwrap().status(), 404);
}

#[tokio::test]
async fn a_file_is_replaced_only_where_that_is_asked_and_only_in_a_volume() {
    let client = client(1.0);
    assert_eq!(upload(&client, FILE, b"1").await, 204);
    assert_eq!(upload(&client, FILE, b"2").await, 409);
    assert_eq!(
        upload(&client, &format!("{FILE}?overwrite=true"), b"2").await,
        204
    );
    let nowhere = FILE.replace("landing", "nowhere");
    assert_eq!(upload(&client, &nowhere, b"1").await, 404);
    let (status, answer) = client.call("DELETE", FOLDER, None).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (400, &json!("INVALID_PARAMETER_VALUE"))
    );
}
