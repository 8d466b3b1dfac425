//! One file of an upload: written, and looked at whether it is there whole, as a file or as the notebook that the
//! workspace makes of it.

use std::sync::Arc;

use ring::digest;

use super::notebooks;
use crate::context::Context;
use crate::error::Error;
use crate::shape;
use crate::stores::{self, Content, Kind, Reader, Remote, Store};
use crate::transfers::Meter;

/// What is said of a file that became a notebook.
pub(super) const BECAME: &str =
    "the workspace makes a notebook of a file that is one, and leaves its extension out";

/// Bytes that tell whether a file is a notebook's source.
const BEGIN: usize = 200;

/// A file that is there.
pub(super) struct Put {
    /// The time that the store gave it.
    pub(super) modified: Option<i64>,
    /// The notebook that it has become.
    pub(super) notebook: Option<Remote>,
}

/// How a file is written.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// What is done, in a word for errors: `upload` or `copy`.
    pub(super) word: &'static str,
    pub(super) overwrite: bool,
    /// It is read back and compared.
    pub(super) verify: bool,
}

/// Writes one file and looks whether it is there whole.
pub(super) async fn put(
    context: &Context,
    remote: &Remote,
    content: &Content,
    how: How,
    meter: &Arc<Meter>,
) -> Result<Put, Error> {
    let How {
        word,
        overwrite,
        verify,
    } = how;
    stores::write(context, remote, content, overwrite, meter).await?;
    let differs = |found: String| Error::Failed {
        what: format!("the {word} to `{}`", remote.shown()),
        state: "differing".to_owned(),
        message: found,
        hint: Some(format!("someone else may write there; {word} it again")),
    };
    let size = content.size();
    let there = match stores::stat(context, remote).await? {
        Some(there) if matches!(there.kind, Kind::File) || remote.store != Store::Workspace => {
            there
        }
        _ => {
            let notebook = as_notebook(context, remote, content).await?;
            let put = notebook.ok_or_else(|| differs("it is not there".to_owned()))?;
            if verify && !is_same_notebook(context, &put, remote, content).await? {
                return Err(differs(
                    "the notebook that came of it is not what was sent".to_owned(),
                ));
            }
            return Ok(put);
        }
    };
    if let Some(there) = there.size.filter(|there| *there != size) {
        return Err(differs(format!(
            "sent: {}, there: {there}",
            shape::counted(size, "byte")
        )));
    }
    // Only whether it is the same comes to light.
    if verify && digest_there(&context.as_means(), remote).await? != digest_of(content).await? {
        return Err(differs("what is read back is not what was sent".to_owned()));
    }
    Ok(Put {
        modified: there.modified,
        notebook: None,
    })
}

/// The notebook that a file has become, if it is one: at its path, or at its path without the extension.
async fn as_notebook(
    context: &Context,
    remote: &Remote,
    content: &Content,
) -> Result<Option<Put>, Error> {
    if remote.store != Store::Workspace {
        return Ok(None);
    }
    let begin = content.part(0, BEGIN).await?;
    if !notebooks::is_notebook(&begin, remote.name()) {
        return Ok(None);
    }
    let stem = remote.path.rsplit_once('.').map(|(stem, _)| Remote {
        path: stem.to_owned(),
        ..remote.clone()
    });
    for at in std::iter::once(remote.clone()).chain(stem) {
        if let Some(there) = stores::stat(context, &at).await?
            && matches!(there.kind, Kind::Notebook(_))
        {
            return Ok(Some(Put {
                modified: there.modified,
                notebook: Some(at),
            }));
        }
    }
    Ok(None)
}

/// True if a notebook has the source that was sent, but for the end of its last line. A document of another format is
/// compared by nothing: the service writes it in its own way.
async fn is_same_notebook(
    context: &Context,
    put: &Put,
    sent: &Remote,
    content: &Content,
) -> Result<bool, Error> {
    let Some(notebook) = put
        .notebook
        .as_ref()
        .filter(|_| !notebooks::is_document(sent.name()))
    else {
        return Ok(true);
    };
    let own = context.as_means();
    let mut reader = Reader::new(&own, notebook, 0);
    let mut there = Vec::new();
    while let Some(piece) = reader.piece().await? {
        there.extend_from_slice(&piece);
    }
    let size = usize::try_from(content.size()).unwrap_or(usize::MAX);
    let sent = content.part(0, size).await?;
    Ok(there.trim_ascii_end() == sent.trim_ascii_end())
}

/// The bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of what is sent.
pub(super) async fn digest_of(content: &Content) -> Result<Vec<u8>, Error> {
    let mut sum = digest::Context::new(&digest::SHA256);
    let mut from = 0;
    while from < content.size() {
        let piece = content.part(from, 1 << 20).await?;
        from += piece.len() as u64;
        sum.update(&piece);
    }
    Ok(sum.finish().as_ref().to_vec())
}

async fn digest_there(context: &Context, remote: &Remote) -> Result<Vec<u8>, Error> {
    let mut sum = digest::Context::new(&digest::SHA256);
    let mut reader = Reader::new(context, remote, 0);
    while let Some(piece) = reader.piece().await? {
        sum.update(&piece);
    }
    Ok(sum.finish().as_ref().to_vec())
}
