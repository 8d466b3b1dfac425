//! `.env` of the working directory, and the care with which such a file is read.

use std::io::{ErrorKind, Read};
use std::path::Path;

use super::definition::Setting;

/// The most bytes of a `.env` file.
const DOT_ENV: u64 = 64 << 10;

/// A character that no file has, in place of a dollar sign while the file is parsed.
const DOLLAR: &str = "\u{e000}";

/// A `.env`, read.
#[derive(Debug, Clone, Default)]
pub(crate) struct DotEnv {
    /// The variables that it sets.
    pub(crate) variables: Vec<(String, String)>,
    /// What could not be read of it.
    pub(crate) remark: Option<String>,
}

/// The `.env` file of a directory, if it has one.
pub(super) fn read(directory: Option<&Path>) -> DotEnv {
    let Some(path) = directory.map(|directory| directory.join(".env")) else {
        return DotEnv::default();
    };
    match regular_file(&path) {
        Ok(Some(bytes)) => parse(&String::from_utf8_lossy(&bytes)),
        Ok(None) => DotEnv::default(),
        Err(reason) => DotEnv {
            remark: Some(format!("`.env` is not read: {reason}")),
            ..DotEnv::default()
        },
    }
}

/// The bytes of a regular file of at most [`DOT_ENV`] bytes, or nothing if there is no file. It comes with whatever
/// folder the server is started in: a pipe would never end, and a device neither.
pub(super) fn regular_file(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let most = DOT_ENV >> 10;
    let kind = match std::fs::metadata(path) {
        Ok(kind) => kind,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if !kind.is_file() {
        return Err("it is no regular file".to_owned());
    }
    // It is read under the limit too, since it may grow meanwhile.
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(DOT_ENV + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > DOT_ENV {
        return Err(format!("it is larger than {most} KiB"));
    }
    Ok(Some(bytes))
}

/// The variables that a `.env` sets. The file belongs to the project, not to this program: a line that cannot be read
/// is passed over.
pub(crate) fn parse(text: &str) -> DotEnv {
    let text = text.trim_start_matches('\u{feff}');
    // The parser would put in variables of this process, which a host of the same file would then be sent.
    let text = &text.replace("\\$", DOLLAR).replace('$', DOLLAR);
    let read = |text: &str| -> Result<Vec<(String, String)>, dotenvy::Error> {
        let variables = dotenvy::from_read_iter(text.as_bytes());
        let written =
            variables.map(|read| read.map(|(name, value)| (name, value.replace(DOLLAR, "$"))));
        written.collect()
    };
    if let Ok(variables) = read(text) {
        return DotEnv {
            variables,
            remark: None,
        };
    }
    // Line by line, what is good stays; only a value over several lines is lost.
    let mut passed_over = 0;
    let mut variables = Vec::new();
    for line in text.lines() {
        match read(line) {
            Ok(read) => variables.extend(read),
            // The parser's own error quotes the line, which may hold a secret.
            Err(_) => passed_over += 1,
        }
    }
    DotEnv {
        variables,
        remark: Some(format!(
            "passed over: lines of `.env` that are not `NAME=value`, {passed_over} of them"
        )),
    }
}

/// The value that `.env` has for a setting, with its variable there.
pub(super) fn value_in<'a>(
    dot_env: &'a [(String, String)],
    setting: &Setting,
) -> Option<(&'static str, &'a str)> {
    setting.variables.iter().find_map(|name| {
        let mut latest_first = dot_env.iter().rev();
        let (_, value) = latest_first.find(|(key, value)| key == name && !value.is_empty())?;
        Some((*name, value.as_str()))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn no_variable_of_this_process_is_put_in() {
        let text = "A=x${HOME}x\nB=\"$HOME\"\nC='${HOME}'\nD=\\$HOME\nE=${A}\n";
        let read = parse(text).variables;
        let home = std::env::var("HOME").unwrap_or_default();
        assert_eq!(read.len(), 5);
        for (name, value) in read {
            assert!(value.contains('$'), "{name}: {value}");
            assert!(home.is_empty() || !value.contains(&home), "{name}: {value}");
        }
    }

    #[test]
    fn only_a_regular_file_of_modest_size_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        assert_eq!(regular_file(&path), Ok(None));
        std::fs::write(&path, "A=1").unwrap();
        assert_eq!(regular_file(&path), Ok(Some(b"A=1".to_vec())));
        std::fs::write(&path, "#".repeat(64 << 10)).unwrap();
        assert!(regular_file(&path).is_ok());
        std::fs::write(&path, "#".repeat((64 << 10) + 1)).unwrap();
        assert_eq!(
            regular_file(&path),
            Err("it is larger than 64 KiB".to_owned())
        );
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let refused = Err("it is no regular file".to_owned());
        assert_eq!(regular_file(&path), refused);
        #[cfg(unix)]
        {
            std::fs::remove_dir(&path).unwrap();
            std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
            assert_eq!(regular_file(&path), refused);
        }
    }
}
