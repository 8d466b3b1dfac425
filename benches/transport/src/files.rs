//! Files of volumes: uploads and downloads through the whole server, beside bare reqwest streams of the same bytes from
//! and to files of this machine, in the same run.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures_util::stream;
use reqwest::{Body, Client};

use super::bare::TOKEN;
use super::spent::{Outcome, Spent};
use super::stdio::Server;
use super::store::{self, FILE};

/// Bytes of the file.
const SIZE: u64 = 256 << 20;
/// Transfers of each kind, in turn, so that what else the machine does meets all.
const TRANSFERS: usize = 5;
/// Bytes that the bare upload reads at once.
const PIECE: usize = 1 << 20;

/// The rows of the table for the server at the path `binary`.
pub(crate) async fn rows(binary: &str) -> Outcome<Vec<String>> {
    let folder = Folder::new()?;
    let source = folder.0.join("source.bin");
    let mut file = File::create(&source)?;
    let piece = store::piece();
    for _ in 0..SIZE / piece.len() as u64 {
        file.write_all(&piece)?;
    }
    drop(file);
    let host = store::start(SIZE)?;
    let url = format!("{host}{FILE}");
    let client = Client::builder().no_proxy().build()?;
    let mut server = Server::sharing(binary, &host, &folder.0)?;
    let (mut up, mut served_up) = (Spent::default(), Spent::default());
    let (mut down, mut served_down) = (Spent::default(), Spent::default());
    for transfer in 0..=TRANSFERS {
        let times = [
            upload(&client, &url, &source).await?,
            served_upload(&mut server)?,
            download(&client, &url, &folder.0.join("bare.bin")).await?,
            served_download(&mut server, &folder.0.join("served.bin"))?,
        ];
        // The first of each warms up.
        if transfer > 0 {
            let all = [&mut up, &mut served_up, &mut down, &mut served_down];
            for (spent, time) in all.into_iter().zip(times) {
                spent.times.push(time);
            }
        }
    }
    let peak = server.peak().map_or_else(
        || "not told by this system".to_owned(),
        |kilobytes| format!("{:.1} MiB", kilobytes / 1024.0),
    );
    let mebibytes = SIZE >> 20;
    let row = |what: &str, spent: &Spent| format!("| {what} | {:.0} MiB/s |", rate(spent));
    let share = |bare: &Spent, served: &Spent| 100.0 * rate(served) / rate(bare);
    Ok(vec![
        row(
            &format!("{mebibytes} MiB from a file to a volume, by a bare reqwest stream"),
            &up,
        ),
        row("the same by `upload_file` through the server", &served_up),
        row(
            &format!("{mebibytes} MiB of a volume into a file, by a bare reqwest stream"),
            &down,
        ),
        row(
            "the same by `download_file` through the server",
            &served_down,
        ),
        format!(
            "| the server's share of the bare stream | upload {:.0} %, download {:.0} % |",
            share(&up, &served_up),
            share(&down, &served_down)
        ),
        format!("| memory of these transfers at its peak (VmHWM) | {peak} |"),
    ])
}

fn rate(spent: &Spent) -> f64 {
    (SIZE >> 20) as f64 / spent.at(0.5).as_secs_f64()
}

async fn upload(client: &Client, url: &str, source: &Path) -> Outcome<Duration> {
    let since = Instant::now();
    let file = File::open(source)?;
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece)?;
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then_some((piece, file)))
    });
    let request = client.put(url).bearer_auth(TOKEN);
    let request = request
        .header("content-length", SIZE)
        .body(Body::wrap_stream(pieces));
    request.send().await?.error_for_status()?;
    let spent = since.elapsed();
    // The store tells the size of an upload once.
    let response = client.head(url).bearer_auth(TOKEN).send().await?;
    let size = response.headers().get("content-length");
    assert_eq!(size.ok_or("no size")?.to_str()?, SIZE.to_string());
    Ok(spent)
}

/// The bytes are on the disk when it ends, as those of the server are.
async fn download(client: &Client, url: &str, target: &Path) -> Outcome<Duration> {
    let since = Instant::now();
    let request = client.get(url).bearer_auth(TOKEN);
    let mut response = request.send().await?.error_for_status()?;
    let mut file = File::create(target)?;
    while let Some(piece) = response.chunk().await? {
        file.write_all(&piece)?;
    }
    file.sync_all()?;
    let spent = since.elapsed();
    taken(target)?;
    Ok(spent)
}

fn served_upload(server: &mut Server) -> Outcome<Duration> {
    let arguments = r#"{"path":"/Volumes/main/default/bench/file.bin","local_path":"source.bin"}"#;
    let since = Instant::now();
    let answer = server.call("upload_file", arguments)?;
    let spent = since.elapsed();
    assert!(answer.contains(r#""state":"done""#), "{answer}");
    Ok(spent)
}

fn served_download(server: &mut Server, target: &Path) -> Outcome<Duration> {
    let arguments = r#"{"path":"/Volumes/main/default/bench/file.bin","local_path":"served.bin"}"#;
    let since = Instant::now();
    let answer = server.call("download_file", arguments)?;
    let spent = since.elapsed();
    assert!(answer.contains(r#""state":"done""#), "{answer}");
    taken(target)?;
    Ok(spent)
}

/// Looks whether the whole file is there, and removes it.
fn taken(target: &Path) -> Outcome<()> {
    assert_eq!(std::fs::metadata(target)?.len(), SIZE);
    Ok(std::fs::remove_file(target)?)
}

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Outcome<Self> {
        let name = format!("databricks-mcp-bench-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
