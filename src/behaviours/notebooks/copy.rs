//! A notebook as a copy makes it: its source in its language, or its document where that is what it is kept as.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::language::{self, Language};
use super::service::{self, Format, Import};
use crate::context::Context;
use crate::error::Error;
use crate::stores::{self, Exported, Remote};

/// The extension of a notebook that is kept as a Jupyter document.
const DOCUMENT: &str = "ipynb";

/// Longer ones are not taken by the service.
const LARGEST: usize = 10 << 20;

/// A notebook that is to be written elsewhere.
pub(in crate::behaviours) struct Copied {
    /// What it consists of.
    pub(in crate::behaviours) bytes: Vec<u8>,
    format: Format,
    language: Option<Language>,
}

/// The extension of a file of a notebook in the language that the service names so.
pub(in crate::behaviours) fn extension(language: &str) -> &'static str {
    Language::named(language).map_or("txt", Language::extension)
}

/// True for a file that the service makes a notebook of, by its first bytes and its name.
pub(in crate::behaviours) fn is_notebook(begin: &[u8], name: &str) -> bool {
    is_document(name)
        || (Language::of_path(name).is_some()
            && Language::is_source(&String::from_utf8_lossy(begin)))
}

/// True for the name of a Jupyter document.
pub(in crate::behaviours) fn is_document(name: &str) -> bool {
    language::extension(name).is_some_and(|extension| extension == DOCUMENT)
}

/// Reads a notebook in the language that the service names so.
///
/// # Errors
/// The service refuses.
pub(in crate::behaviours) async fn copied(
    context: &Context,
    from: &Remote,
    language: &str,
) -> Result<Copied, Error> {
    let Exported { bytes, file_type } =
        service::export(context, &from.path, Format::Source).await?;
    let is_document = file_type.as_deref() == Some(DOCUMENT);
    Ok(Copied {
        bytes,
        format: match is_document {
            true => Format::Jupyter,
            false => Format::Source,
        },
        language: Language::named(language).filter(|_| !is_document),
    })
}

/// Writes a notebook that was read to another path of the workspace tree, and compares what then is there.
///
/// # Errors
/// Something is there, the service refuses, or what it has kept differs.
pub(in crate::behaviours) async fn paste(
    context: &Context,
    copied: &Copied,
    to: &Remote,
    overwrite: bool,
) -> Result<(), Error> {
    if copied.bytes.len() > LARGEST {
        return Err(Error::Failed {
            what: format!("the copy to `{}`", to.shown()),
            state: "too large".to_owned(),
            message: format!("the service takes no notebook of more than {LARGEST} bytes"),
            hint: None,
        });
    }
    let written = import(context, copied, to, overwrite).await;
    match (written, to.parent()) {
        (Err(error), Some(parent)) if stores::is_missing(&error) => {
            let made = stores::make_folder(context, &parent).await;
            made.map_err(|_| error)?;
            import(context, copied, to, overwrite).await?;
        }
        (written, _) => written?,
    }
    let there = service::export(context, &to.path, Format::Source).await?;
    if there.bytes.trim_ascii_end() == copied.bytes.trim_ascii_end() {
        return Ok(());
    }
    Err(Error::Failed {
        what: format!("the copy to `{}`", to.shown()),
        state: "differing".to_owned(),
        message: "what is there is not what was sent".to_owned(),
        hint: Some("someone else may write there; copy it again".to_owned()),
    })
}

async fn import(
    context: &Context,
    copied: &Copied,
    to: &Remote,
    overwrite: bool,
) -> Result<(), Error> {
    let import = Import {
        path: &to.path,
        content: STANDARD.encode(&copied.bytes),
        format: copied.format,
        language: copied.language,
        overwrite: Some(overwrite),
    };
    service::import(context, import).await
}
