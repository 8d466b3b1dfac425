//! The binary: the line on stdout, the environment file, the end.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

fn sandbox() -> Command {
    Command::new(env!("CARGO_BIN_EXE_databricks-sandbox"))
}

#[tokio::test]
async fn it_says_where_it_is_and_ends_when_told() {
    let file = std::env::temp_dir().join(format!("databricks-sandbox-{}.env", std::process::id()));
    let mut child = sandbox()
        .arg("--env-file")
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let values: Vec<(&str, &str)> = written
        .lines()
        .map(|line| line.split_once('=').unwrap())
        .collect();
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "DATABRICKS_HOST",
            "DATABRICKS_TOKEN",
            "DATABRICKS_WAREHOUSE_ID"
        ]
    );
    assert_eq!(values[0].1, line.trim());
    let url = format!("{}/api/2.0/sql/warehouses/{}", values[0].1, values[2].1);
    let client = crate::client::http_client();
    let answer = client
        .get(url)
        .bearer_auth(values[1].1)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let told = Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(told.success());
    assert!(child.wait().unwrap().success(), "SIGTERM is a clean end");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stdout, &mut rest).unwrap();
    assert_eq!(rest, "", "one line and no more");
}

#[test]
fn it_listens_on_loopback_only() {
    for arguments in [
        ["--listen", "0.0.0.0:0"],
        ["--speed", "0"],
        ["--speed", "NaN"],
    ] {
        let output = sandbox().args(arguments).output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.starts_with("error: the s") && said.contains("\nhint: "),
            "{said}"
        );
        assert!(output.stdout.is_empty());
    }
}
