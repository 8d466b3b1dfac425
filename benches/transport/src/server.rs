//! The far end of the benchmark: one answer for each path, on its own thread.

use std::fmt::Write;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A cluster as `clusters.list` answers it.
const CLUSTER: &str = include_str!("../cluster.json");
/// Clusters of a list, about 35 KB.
const CLUSTERS: usize = 20;
/// A line of a notebook in base64, `print(1)` and a line feed.
const LINE: &str = "cHJpbnQoMSkK";
/// Bytes of a notebook.
const NOTEBOOK: usize = 10_000_000;
/// Rows of the result of a statement.
pub(crate) const ROWS: usize = 100_000;
/// The path of the file with these rows.
pub(crate) const FILE: &str = "/files/rows";
/// Rows of the statement that answers them itself.
pub(crate) const ROWS_INLINE: usize = 10_000;
/// The path of that statement.
pub(crate) const INLINE: &str = "/api/2.0/sql/statements/inline";
/// The path of a list of clusters of about 10 MB.
pub(crate) const MANY: &str = "/api/2.1/clusters/list?page_size=99";
/// Clusters of it.
const MANY_CLUSTERS: usize = 5_600;

/// Starts the server and returns `http://127.0.0.1:<port>`.
pub(crate) fn start() -> std::io::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let host = format!("http://{}", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let of = host.clone();
    std::thread::spawn(move || runtime.block_on(accept(listener, &of)));
    Ok(host)
}

async fn accept(listener: std::net::TcpListener, host: &str) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let answers = Arc::new(Answers {
        job: answer(&job()),
        clusters: answer(&clusters(CLUSTERS)),
        many: answer(&clusters(MANY_CLUSTERS)),
        inline: answer(&inline()),
        notebook: answer(&notebook()),
        statement: answer(&statement(host)),
        rows: answer(&rows(ROWS)),
    });
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, Arc::clone(&answers)));
    }
}

struct Answers {
    job: Vec<u8>,
    clusters: Vec<u8>,
    many: Vec<u8>,
    inline: Vec<u8>,
    notebook: Vec<u8>,
    statement: Vec<u8>,
    rows: Vec<u8>,
}

impl Answers {
    fn to(&self, request: &[u8]) -> &[u8] {
        let asks = |path: &[u8]| request.windows(path.len()).any(|part| part == path);
        if asks(MANY.as_bytes()) {
            &self.many
        } else if asks(INLINE.as_bytes()) {
            &self.inline
        } else if asks(b"/clusters/list") {
            &self.clusters
        } else if asks(b"/workspace/export") {
            &self.notebook
        } else if asks(b"/sql/statements/") {
            &self.statement
        } else if asks(FILE.as_bytes()) {
            &self.rows
        } else {
            &self.job
        }
    }
}

/// An answer of about the size of a job with a few tasks.
fn job() -> String {
    let mut body = String::from(r#"{"job_id":1,"settings":{"name":"nightly","tasks":["#);
    for task in 0..20 {
        let comma = if task == 0 { "" } else { "," };
        let _ = write!(
            body,
            r#"{comma}{{"task_key":"task_{task}","timeout_seconds":3600}}"#
        );
    }
    body.push_str("]}}");
    body
}

fn clusters(count: usize) -> String {
    format!(
        "{{\"clusters\":[{}]}}",
        vec![CLUSTER.trim(); count].join(",")
    )
}

fn notebook() -> String {
    let lines = NOTEBOOK / (LINE.len() / 4 * 3);
    format!(
        "{{\"content\":\"{}\",\"file_type\":\"py\"}}",
        LINE.repeat(lines)
    )
}

/// A statement with its rows behind one link.
fn statement(host: &str) -> String {
    let chunk = format!(r#""chunk_index":0,"row_offset":0,"row_count":{ROWS}"#);
    format!(
        r#"{{"statement_id":"s1","status":{{"state":"SUCCEEDED"}},"manifest":{{"format":"JSON_ARRAY","schema":{{"columns":[{{"name":"n","type_text":"BIGINT"}},{{"name":"s","type_text":"STRING"}}]}},"total_chunk_count":1,"total_row_count":{ROWS},"chunks":[{{{chunk}}}]}},"result":{{"external_links":[{{{chunk},"external_link":"{host}{FILE}"}}]}}}}"#
    )
}

/// A statement with its rows in its answer.
fn inline() -> String {
    let chunk = format!(r#""chunk_index":0,"row_offset":0,"row_count":{ROWS_INLINE}"#);
    format!(
        r#"{{"statement_id":"inline","status":{{"state":"SUCCEEDED"}},"manifest":{{"format":"JSON_ARRAY","schema":{{"columns":[{{"name":"n","type_text":"BIGINT"}},{{"name":"s","type_text":"STRING"}}]}},"total_chunk_count":1,"total_row_count":{ROWS_INLINE},"chunks":[{{{chunk}}}]}},"result":{{{chunk},"data_array":{}}}}}"#,
        rows(ROWS_INLINE)
    )
}

fn rows(count: usize) -> String {
    let rows: Vec<String> = (0..count)
        .map(|n| format!(r#"["{n}","the text of row {n}"]"#))
        .collect();
    format!("[{}]", rows.join(","))
}

fn answer(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Answers each request; requests have no body, so an empty line ends them.
async fn serve(mut stream: TcpStream, answers: Arc<Answers>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while stream.read_buf(&mut buffer).await? > 0 {
        if buffer.ends_with(b"\r\n\r\n") {
            stream.write_all(answers.to(&buffer)).await?;
            buffer.clear();
        }
    }
    Ok(())
}
