//! Promise: files of any size and name come back from all three stores as they went, nothing half-written is left
//! anywhere, and what may not be overwritten stays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::sync::Arc;

use databricks_mcp::context::{Context, Progress};
use databricks_mcp::error::Error;
use databricks_mcp::stores::{self, Content, Kind, Reader, Remote, is_taken};
use databricks_mcp::transfers::Meter;
use databricks_mcp::transport::Call;
use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::Value;
use support::cutting::Cutting;
use support::recorder;
use tokio_util::sync::CancellationToken;

/// A folder in each store, which is not there yet.
const FOLDERS: [&str; 3] = [
    "/Volumes/main/default/landing/new/folder",
    "dbfs:/tmp/new/folder",
    "/Workspace/Shared/new/folder",
];

const MIB: usize = 1 << 20;

/// A sandbox and a call to it.
struct Service {
    running: Running,
    context: Context,
}

impl Service {
    fn start() -> Self {
        Self::failing(&[])
    }

    /// The same, in which these faults strike.
    fn failing(faults: &[&str]) -> Self {
        let options = Options {
            faults: faults.iter().map(|spec| spec.parse().unwrap()).collect(),
            ..Options::default()
        };
        let running = Sandbox::start(options).unwrap();
        let context = recorder::context_with(running.host(), running.token(), "upload_file");
        Self { running, context }
    }

    /// The same call, which `cancel` ends.
    fn cancelled_by(&self, cancel: &CancellationToken) -> Context {
        let workspace = Arc::clone(&self.context.workspace);
        let mut call = Call::new("upload_file");
        call.cancel = cancel.clone();
        Context::new(workspace, call, cancel.clone(), Progress::Silent)
    }

    async fn ask(&self, verb: &str, path: &str) -> Value {
        let url = format!("{}{path}", self.running.host());
        let http = self.context.workspace.transport.client();
        let sent = http.request(verb.parse().unwrap(), url);
        let sent = sent.bearer_auth(self.running.token()).send().await;
        sent.unwrap().json().await.unwrap()
    }

    /// The uploads in parts that are still open.
    async fn open_uploads(&self) -> Value {
        self.ask("GET", "/sandbox/uploads").await["uploads"].clone()
    }

    async fn write(&self, path: &str, bytes: &[u8], overwrite: bool) -> Result<(), Error> {
        write(&self.context, path, bytes, overwrite).await
    }

    async fn names(&self, folder: &str) -> Vec<String> {
        let folder = Remote::parse("upload_file", folder).unwrap();
        let listed = stores::list(&self.context, &folder).await.unwrap();
        let names = listed.iter().map(|found| found.path.rsplit('/').next());
        names.map(|name| name.unwrap().to_owned()).collect()
    }
}

async fn write(context: &Context, path: &str, bytes: &[u8], overwrite: bool) -> Result<(), Error> {
    let at = Remote::parse("upload_file", path).unwrap();
    let content = Content::Bytes(bytes.into());
    stores::write(context, &at, &content, overwrite, &Arc::default()).await
}

async fn read(context: &Context, path: &str) -> Result<Vec<u8>, Error> {
    let at = Remote::parse("upload_file", path).unwrap();
    let mut reader = Reader::new(context, &at, 0);
    let mut all = Vec::new();
    while let Some(piece) = reader.piece().await? {
        all.extend(piece);
    }
    Ok(all)
}

/// Bytes that differ from place to place.
fn bytes(size: usize, seed: u64) -> Vec<u8> {
    let words =
        (0..size.div_ceil(8) as u64).map(|at| (at ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut all: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    all.truncate(size);
    all
}

#[tokio::test]
async fn a_file_of_any_size_comes_back_as_it_went() {
    let service = Service::start();
    for folder in FOLDERS {
        for size in [0, 1, MIB, MIB + 1, 6 * MIB, 17 * MIB] {
            let path = format!("{folder}/{size}");
            let content = bytes(size, 1);
            service.write(&path, &content, false).await.unwrap();
            let at = Remote::parse("upload_file", &path).unwrap();
            let stat = stores::stat(&service.context, &at).await.unwrap().unwrap();
            assert_eq!(
                (stat.kind, stat.size),
                (Kind::File, Some(size as u64)),
                "{path}"
            );
            assert!(
                read(&service.context, &path).await.unwrap() == content,
                "{path}"
            );
        }
        assert_eq!(service.names(folder).await.len(), 6);
    }
    assert_eq!(service.open_uploads().await, serde_json::json!([]));
}

#[tokio::test]
async fn a_large_file_goes_up_in_parts_and_comes_back() {
    let service = Service::start();
    let path = "/Volumes/main/default/landing/large.bin";
    let content = bytes(64 * MIB, 1);
    service.write(path, &content, false).await.unwrap();
    assert!(read(&service.context, path).await.unwrap() == content);
}

#[tokio::test]
async fn any_name_and_any_text_survive() {
    let service = Service::start();
    let names = [
        "a b",
        " c ",
        "50%",
        "50%25.txt",
        "%2F",
        "#1",
        "what?",
        "a+b",
        "a&b=c;d",
        "ü😀",
        "'\"",
        "[x]{y}|^`~",
        "a:b@c,d",
    ];
    let text = "\u{feff}aGVsbG8=\r\nline\r\n";
    for folder in FOLDERS {
        for name in names {
            let path = format!("{folder}/{name}");
            service.write(&path, text.as_bytes(), false).await.unwrap();
            let back = read(&service.context, &path).await.unwrap();
            assert_eq!(back, text.as_bytes(), "{path}");
        }
        let mut expected = names.to_vec();
        expected.sort_unstable();
        let mut found = service.names(folder).await;
        found.sort_unstable();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_is_told_as_done_and_the_file_of_another_stays() {
    let path = "/Volumes/main/default/landing/kept.bin";
    let own = bytes(MIB, 1);
    let writes = "method=PUT,path=/api/2.0/fs/files/*,times=1";
    for fault in ["reset,after", "truncate", "503,after", "503", "reset"] {
        let service = Service::failing(&[&format!("{fault},{writes}")]);
        service.write(path, &own, false).await.unwrap();
        assert!(
            read(&service.context, path).await.unwrap() == own,
            "{fault}"
        );
    }
    // What another has written is neither replaced nor taken for one's own, also of the same size.
    for theirs in [bytes(MIB, 2), bytes(MIB + 1, 1)] {
        for fault in ["reset", "503"] {
            let service = Service::failing(&[&format!("{fault},skip=1,{writes}")]);
            service.write(path, &theirs, true).await.unwrap();
            service.write(path, &own, false).await.unwrap_err();
            assert!(read(&service.context, path).await.unwrap() == theirs);
        }
    }
}

#[tokio::test]
async fn what_is_there_stays_unless_it_may_be_overwritten() {
    let service = Service::start();
    for folder in FOLDERS {
        for size in [10, 6 * MIB] {
            let path = format!("{folder}/{size}");
            let (old, new) = (bytes(size, 1), bytes(size, 2));
            service.write(&path, &old, false).await.unwrap();
            let refused = service.write(&path, &new, false).await.unwrap_err();
            assert!(is_taken(&refused), "{path}: {refused}");
            assert!(
                read(&service.context, &path).await.unwrap() == old,
                "{path}"
            );
            service.write(&path, &new, true).await.unwrap();
            assert!(
                read(&service.context, &path).await.unwrap() == new,
                "{path}"
            );
        }
        // Neither a part nor an old file is left beside them.
        assert_eq!(service.names(folder).await.len(), 2, "{folder}");
        let parent = Remote::parse("upload_file", folder)
            .unwrap()
            .parent()
            .unwrap()
            .shown();
        let onto_folder = service.write(folder, &bytes(6 * MIB, 3), true).await;
        onto_folder.unwrap_err();
        assert_eq!(service.names(&parent).await, ["folder"], "{folder}");
        assert_eq!(service.names(folder).await.len(), 2, "{folder}");
    }
    assert_eq!(service.open_uploads().await, serde_json::json!([]));
}

#[tokio::test]
async fn of_two_writers_one_wins_and_the_other_hears_of_it() {
    let service = Service::start();
    for folder in FOLDERS {
        for size in [10, 6 * MIB] {
            let path = format!("{folder}/{size}");
            let (one, two) = (bytes(size, 1), bytes(size, 2));
            let (first, second) = tokio::join!(
                service.write(&path, &one, false),
                service.write(&path, &two, false)
            );
            let (winner, refused) = match (first, second) {
                (Ok(()), Err(refused)) => (one, refused),
                (Err(refused), Ok(())) => (two, refused),
                both => panic!("{path}: {both:?}"),
            };
            assert!(is_taken(&refused), "{path}: {refused}");
            assert!(
                read(&service.context, &path).await.unwrap() == winner,
                "{path}"
            );
        }
        assert_eq!(service.names(folder).await.len(), 2, "{folder}");
    }
    assert_eq!(service.open_uploads().await, serde_json::json!([]));
}

#[tokio::test]
async fn a_cancel_in_the_middle_leaves_nothing_behind() {
    let service = Service::start();
    for folder in FOLDERS.iter().take(2) {
        let at = Remote::parse("upload_file", &format!("{folder}/x.bin")).unwrap();
        let cancel = CancellationToken::new();
        let context = service.cancelled_by(&cancel);
        let content = Content::Bytes(bytes(64 * MIB, 1).into());
        let meter = Arc::new(Meter::default());
        stores::make_folder(&service.context, &at.parent().unwrap())
            .await
            .unwrap();
        let middle = async {
            while meter.read().0 == 0 {
                tokio::task::yield_now().await;
            }
            cancel.cancel();
        };
        let (written, ()) = tokio::join!(
            stores::write(&context, &at, &content, false, &meter),
            middle
        );
        let error = written.unwrap_err();
        assert!(matches!(error, Error::Cancelled { .. }), "{error}");
        assert!(meter.read().0 < 64 << 20);
        assert!(service.names(folder).await.is_empty(), "{folder}");
    }
    assert_eq!(service.open_uploads().await, serde_json::json!([]));
}

#[tokio::test]
async fn a_part_whose_url_has_expired_gets_another_but_not_for_ever() {
    let service = Service::start();
    let path = "/Volumes/main/default/landing/x.bin";
    let content = bytes(6 * MIB, 1);
    service.ask("POST", "/sandbox/expire-urls?count=2").await;
    service.write(path, &content, false).await.unwrap();
    assert!(read(&service.context, path).await.unwrap() == content);
    service.ask("POST", "/sandbox/expire-urls?count=100").await;
    let refused = service.write(path, &bytes(6 * MIB, 2), true).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("expired"), "{refused}");
    assert!(read(&service.context, path).await.unwrap() == content);
    assert_eq!(service.open_uploads().await, serde_json::json!([]));
}

#[tokio::test]
async fn ten_broken_connections_change_nothing() {
    let service = Service::start();
    let content = bytes(12 * MIB, 1);
    // Only a volume sends the rest alone. DBFS sends a block again, and the workspace tree the whole file.
    let cuts = [(10, 1_000_000), (3, 4_000_000), (3, 5_000_000)];
    for (folder, (cuts, after)) in FOLDERS.into_iter().zip(cuts) {
        let path = format!("{folder}/x.bin");
        service.write(&path, &content, false).await.unwrap();
        let cutting = Cutting::start(service.running.host(), cuts, after).await;
        let context =
            recorder::context_with(&cutting.host, service.running.token(), "download_file");
        let back = read(&context, &path).await.unwrap();
        assert!(back == content, "{path}");
        assert_eq!(cutting.cuts(), cuts, "{path}");
    }
}

#[tokio::test]
async fn ten_requests_that_are_lost_on_the_way_up_change_nothing() {
    let large = "/api/2.0/dbfs/add-block";
    let mut writes = Vec::new();
    for (folder, path, size) in [
        (FOLDERS[0], "/api/2.0/fs/files/*", MIB),
        (FOLDERS[1], "/api/2.0/dbfs/put", MIB / 2),
        (FOLDERS[1], large, 2 * MIB + 1),
        (FOLDERS[2], "/api/2.0/workspace-files/import-file/*", MIB),
    ] {
        // What was carried out and must not replace is found by a look, and not sent again.
        let done = if path == large { 10 } else { 1 };
        for (fault, times) in [("reset", 10), ("503", 10), ("reset,after", done)] {
            let method = if folder == FOLDERS[0] { "PUT" } else { "POST" };
            let fault = format!("{fault},path={path},times={times},method={method}");
            writes.push(async move {
                let service = Service::failing(&[&fault]);
                let (own, path) = (bytes(size, 1), format!("{folder}/x.bin"));
                let written = service.write(&path, &own, false).await;
                written.unwrap_or_else(|error| panic!("{path} {fault}: {error}"));
                let back = read(&service.context, &path).await.unwrap();
                assert!(back == own, "{path} {fault}");
                assert_eq!(service.names(folder).await, ["x.bin"], "{path} {fault}");
            });
        }
    }
    futures_util::future::join_all(writes).await;
}

#[tokio::test]
async fn ten_answers_that_break_off_in_a_row_are_read_to_their_end() {
    let reads = [
        "/api/2.0/fs/files/*",
        "/api/2.0/dbfs/read",
        "/api/2.0/workspace/export",
    ];
    let reads = FOLDERS
        .into_iter()
        .zip(reads)
        .map(|(folder, path)| async move {
            let fault = format!("truncate,method=GET,path={path},times=10");
            let service = Service::failing(&[&fault]);
            let (own, path) = (bytes(MIB, 1), format!("{folder}/x.bin"));
            service.write(&path, &own, true).await.unwrap();
            let back = read(&service.context, &path).await;
            assert!(back.unwrap() == own, "{path}");
        });
    futures_util::future::join_all(reads).await;
}

#[tokio::test]
async fn what_is_half_written_goes_although_its_deletion_is_lost_too() {
    let faults = [
        "503,path=/api/2.0/dbfs/add-block,times=1",
        "reset,path=/api/2.0/dbfs/delete,times=2",
    ];
    let service = Service::failing(&faults);
    let (own, path) = (bytes(2 * MIB + 1, 1), format!("{}/x.bin", FOLDERS[1]));
    service.write(&path, &own, false).await.unwrap();
    assert!(read(&service.context, &path).await.unwrap() == own);
    assert_eq!(service.names(FOLDERS[1]).await, ["x.bin"]);
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_is_not_patched_together() {
    let service = Service::start();
    let path = "/Volumes/main/default/landing/x.bin";
    service
        .write(path, &bytes(6 * MIB, 1), false)
        .await
        .unwrap();
    let cutting = Cutting::start(service.running.host(), 1, 3_000_000).await;
    let context = recorder::context_with(&cutting.host, service.running.token(), "download_file");
    let at = Remote::parse("upload_file", path).unwrap();
    let mut reader = Reader::new(&context, &at, 0);
    assert!(reader.piece().await.unwrap().is_some());
    let modified = async || {
        let stat = stores::stat(&service.context, &at).await.unwrap();
        stat.unwrap().modified
    };
    let before = modified().await;
    // The time of the last change is told in seconds.
    while modified().await == before {
        service.write(path, &bytes(6 * MIB, 2), true).await.unwrap();
    }
    let error = loop {
        match reader.piece().await {
            Ok(piece) => assert!(piece.is_some(), "it ended as if it were whole"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, Error::Failed { state, .. } if state == "changed"),
        "{error}"
    );
}
