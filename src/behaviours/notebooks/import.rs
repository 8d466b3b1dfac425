//! `import_notebook`: text, bytes or a local file into the workspace tree, in every format.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::language::{Language, extension};
use super::service::{self, Format, Import};
use crate::behaviours::Behaviour;
use crate::behaviours::blocking::blocking;
use crate::behaviours::encoding::{self, Encoding};
use crate::behaviours::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::local::Place;
use crate::shape::{self, Answer};

const TOOL: &str = "import_notebook";

/// The service takes no more.
const LARGEST: u64 = 10 << 20;

pub(in crate::behaviours) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Imported>(TOOL, |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Target, for example /Users/me@example.com/etl
    path: String,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    encoding: Encoding,
    /// File of this machine, in place of `content`
    #[serde(default)]
    local_path: Option<String>,
    /// SOURCE by default; RAW for a plain file
    #[serde(default)]
    #[schemars(with = "Format")]
    format: Option<Format>,
    #[serde(default)]
    #[schemars(with = "Language")]
    language: Option<Language>,
    #[serde(default)]
    overwrite: bool,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "taken out before the call")]
    confirm: bool,
}

/// What was written, as far as the service tells.
#[derive(Serialize, JsonSchema)]
struct Imported {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
}

fn refuse(problem: String) -> Error {
    Error::Arguments {
        tool: TOOL.to_owned(),
        problems: vec![problem],
    }
}

/// The format: what is asked for, or else the one of files with such a name.
fn format(asked: Option<Format>, paths: &[&str]) -> Format {
    let of_file = |path: &&str| match extension(path)?.as_str() {
        "ipynb" => Some(Format::Jupyter),
        "dbc" => Some(Format::Dbc),
        "html" => Some(Format::Html),
        "rmd" => Some(Format::RMarkdown),
        _ => None,
    };
    asked
        .or_else(|| paths.iter().find_map(of_file))
        .unwrap_or(Format::Source)
}

fn check(given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let asked: Arguments = arguments(Value::Object(given.clone()))?;
    service::of_workspace(TOOL, &asked.path)?;
    let local_path = asked.local_path.as_deref();
    encoding::given_once(asked.content.is_some(), local_path.is_some()).map_err(refuse)?;
    let paths: Vec<&str> = local_path
        .into_iter()
        .chain([asked.path.as_str()])
        .collect();
    let format = format(asked.format, &paths);
    if format == Format::Dbc && asked.overwrite {
        return Err(refuse(
            "the service replaces nothing by a DBC archive: choose a path that is free".to_owned(),
        ));
    }
    let Some(content) = &asked.content else {
        return Ok(given);
    };
    if asked.encoding == Encoding::Base64 {
        asked.encoding.bytes(content).map_err(refuse)?;
        return Ok(given);
    }
    if format == Format::Dbc {
        return Err(refuse(
            "a DBC archive is no text: give it as `local_path`, or with `encoding: base64`"
                .to_owned(),
        ));
    }
    if format == Format::Source {
        language(&asked, content.as_bytes())?;
    }
    Ok(given)
}

/// The language of what is given as source: the argument, the first line, an extension.
fn language(asked: &Arguments, content: &[u8]) -> Result<Language, Error> {
    let paths: Vec<&str> = [asked.local_path.as_deref(), Some(asked.path.as_str())]
        .into_iter()
        .flatten()
        .collect();
    // The first line is enough, wherever a character is cut.
    let begin = String::from_utf8_lossy(content.get(..200).unwrap_or(content));
    let found = asked
        .language
        .or_else(|| Language::of_source(&begin, &paths));
    found.ok_or_else(|| {
        refuse(
            "`language` is needed: neither a first line such as `# Databricks notebook source` nor an extension \
             tells it; `format: RAW` writes a plain file"
                .to_owned(),
        )
    })
}

async fn call(context: &Context, mut asked: Arguments) -> Result<Answer, Error> {
    let (bytes, name) = match &asked.local_path {
        Some(local_path) => {
            let place = context.roots.find().await?.find(local_path)?;
            let name = place
                .path()
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            (read(place).await?, name)
        }
        None => (Vec::new(), None),
    };
    let paths: Vec<&str> = name
        .as_deref()
        .into_iter()
        .chain([asked.path.as_str()])
        .collect();
    let format = format(asked.format, &paths);
    let content = match asked.content.take() {
        None => {
            let content = STANDARD.encode(&bytes);
            drop(bytes);
            content
        }
        Some(content) if asked.encoding == Encoding::Base64 => content,
        Some(content) => STANDARD.encode(content),
    };
    let language = match format {
        Format::Source => {
            let begin = content.get(..content.len().min(200)).unwrap_or_default();
            let begin = STANDARD.decode(begin).unwrap_or_default();
            Some(language(&asked, &begin)?)
        }
        _ => asked.language,
    };
    let import = Import {
        path: &asked.path,
        content,
        format,
        language,
        overwrite: asked.overwrite.then_some(true),
    };
    service::import(context, import).await?;
    // A name's extension may not be part of what is there.
    let mut shown = service::shown(context, &asked.path).await;
    if let Some((stem, _)) = asked.path.rsplit_once('.')
        && shown.is_none()
        && format == Format::Auto
    {
        shown = service::shown(context, stem).await;
    }
    if let Some(shown) = shown {
        return Ok(Answer::json(Value::Object(shown)));
    }
    let mut written = Map::from_iter([("path".to_owned(), Value::from(asked.path.as_str()))]);
    let language = language.map(Language::name);
    written.extend(language.map(|name| ("language".to_owned(), Value::from(name))));
    let text = format!("Done: wrote `{}`", shape::one_line(&asked.path, 400));
    Ok(Answer::new(text, Value::Object(written)))
}

/// The bytes of a local file that the service will take.
async fn read(place: Place) -> Result<Vec<u8>, Error> {
    blocking(move || {
        let failed = |reason: String, hint: Option<&str>| Error::Local {
            path: place.path().display().to_string(),
            reason,
            hint: hint.map(str::to_owned),
        };
        if place.is_folder() {
            let way = "upload_file with `recursive: true` takes a whole folder to the workspace tree, with the notebooks in it";
            return Err(failed("it is a folder".to_owned(), Some(way)));
        }
        let source = place.open()?;
        let mut bytes = Vec::new();
        let mut limited = source.file.take(LARGEST + 1);
        let read = limited.read_to_end(&mut bytes);
        read.map_err(|error| failed(error.to_string(), None))?;
        if bytes.len() as u64 > LARGEST {
            let reason = "it is larger than the 10 MB that the service takes as a notebook";
            return Err(failed(reason.to_owned(), None));
        }
        Ok(bytes)
    })
    .await
}
