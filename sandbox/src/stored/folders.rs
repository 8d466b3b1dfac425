//! Folders and files by path, for DBFS and volumes.

use std::collections::BTreeMap;

use axum::body::Bytes;

use crate::clock::Millis;

/// A file or a folder. A folder exists by itself or because something is in it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The content of a file; `None` for a folder.
    pub(crate) bytes: Option<Bytes>,
    pub(crate) modified: Millis,
}

impl Entry {
    /// True for a folder.
    pub(crate) fn is_folder(&self) -> bool {
        self.bytes.is_none()
    }

    /// The size in bytes; 0 for a folder.
    pub(crate) fn size(&self) -> usize {
        self.bytes.as_ref().map_or(0, Bytes::len)
    }
}

/// The reason of a refusal, which each API words in its own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Missing(String),
    Exists(String),
    IsFolder(String),
    NotEmpty(String),
}

/// A tree of folders and files. `/` always exists.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    entries: BTreeMap<String, Entry>,
}

impl Folders {
    /// The entry at a path.
    ///
    /// # Errors
    /// Fails if the path does not exist.
    pub(crate) fn get(&self, path: &str) -> Result<Entry, Refusal> {
        let root = || {
            (path == "/").then_some(Entry {
                bytes: None,
                modified: 0,
            })
        };
        let found = self.entries.get(path).cloned().or_else(root);
        found.ok_or_else(|| Refusal::Missing(path.to_owned()))
    }

    /// The content of a file.
    ///
    /// # Errors
    /// Fails if the path does not exist or is a folder.
    pub(crate) fn file(&self, path: &str) -> Result<(Bytes, Millis), Refusal> {
        let entry = self.get(path)?;
        let bytes = entry
            .bytes
            .ok_or_else(|| Refusal::IsFolder(path.to_owned()))?;
        Ok((bytes, entry.modified))
    }

    /// The entries of a folder by path; for a file, the file alone.
    ///
    /// # Errors
    /// Fails if the path does not exist.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<(String, Entry)>, Refusal> {
        let entry = self.get(path)?;
        if !entry.is_folder() {
            return Ok(vec![(path.to_owned(), entry)]);
        }
        let inside = self
            .entries
            .iter()
            .filter(|(other, _)| parent(other) == path);
        Ok(inside
            .map(|(path, entry)| (path.clone(), entry.clone()))
            .collect())
    }

    /// Writes a file, and the folders above it.
    ///
    /// # Errors
    /// Fails if the path is a folder, a file that may not be replaced, or below a file.
    pub(crate) fn write(
        &mut self,
        path: &str,
        bytes: Bytes,
        overwrite: bool,
        now: Millis,
    ) -> Result<(), Refusal> {
        match self.entries.get(path) {
            Some(entry) if entry.is_folder() => return Err(Refusal::IsFolder(path.to_owned())),
            Some(_) if !overwrite => return Err(Refusal::Exists(path.to_owned())),
            _ => {}
        }
        self.make_folder(parent(path), now)?;
        let entry = Entry {
            bytes: Some(bytes),
            modified: now,
        };
        self.entries.insert(path.to_owned(), entry);
        Ok(())
    }

    /// Makes a folder and those above it. One that exists stays as it is.
    ///
    /// # Errors
    /// Fails if the path is a file or below one.
    pub(crate) fn make_folder(&mut self, path: &str, now: Millis) -> Result<(), Refusal> {
        let mut folder = path;
        let mut missing = Vec::new();
        while folder != "/" {
            match self.entries.get(folder) {
                Some(entry) if !entry.is_folder() => {
                    return Err(Refusal::Exists(folder.to_owned()));
                }
                Some(_) => break,
                None => missing.push(folder.to_owned()),
            }
            folder = parent(folder);
        }
        let entry = Entry {
            bytes: None,
            modified: now,
        };
        self.entries
            .extend(missing.into_iter().map(|path| (path, entry.clone())));
        Ok(())
    }

    /// Deletes a file or a folder. One with entries goes only if `recursive` is set.
    ///
    /// # Errors
    /// Fails if the path does not exist, or if it is a folder with entries and `recursive` is not set.
    pub(crate) fn delete(&mut self, path: &str, recursive: bool) -> Result<(), Refusal> {
        self.get(path)?;
        let below = format!("{}/", path.trim_end_matches('/'));
        let within = |other: &str| other == path || other.starts_with(&below);
        if !recursive
            && self
                .entries
                .keys()
                .any(|other| other != path && within(other))
        {
            return Err(Refusal::NotEmpty(path.to_owned()));
        }
        self.entries.retain(|other, _| !within(other));
        Ok(())
    }

    /// Moves a file, or a folder with its entries.
    ///
    /// # Errors
    /// Fails if the path does not exist, or the target exists.
    pub(crate) fn rename(&mut self, from: &str, to: &str, now: Millis) -> Result<(), Refusal> {
        self.get(from)?;
        if self.get(to).is_ok() {
            return Err(Refusal::Exists(to.to_owned()));
        }
        self.make_folder(parent(to), now)?;
        let below = format!("{from}/");
        let moved: Vec<String> = self
            .entries
            .keys()
            .filter(|other| *other == from || other.starts_with(&below))
            .cloned()
            .collect();
        for path in moved {
            if let (Some(entry), Some(rest)) = (self.entries.remove(&path), path.strip_prefix(from))
            {
                self.entries.insert(format!("{to}{rest}"), entry);
            }
        }
        Ok(())
    }
}

/// The folder of a path.
fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((folder, name)) if !folder.is_empty() && !name.is_empty() => folder,
        _ => "/",
    }
}

/// True if a name holds a sign of a pattern.
pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '[', '{'])
}

/// True if a name fits a pattern of one path segment: `*`, `?`, `[a-c]`, `{csv,json}`.
pub(crate) fn fits(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    fits_from(&name, &pattern)
}

fn fits_from(name: &[char], pattern: &[char]) -> bool {
    let Some((sign, rest)) = pattern.split_first() else {
        return name.is_empty();
    };
    let after = |end: char| {
        let at = rest.iter().position(|sign| *sign == end)?;
        Some((rest.get(..at)?, rest.get(at + 1..)?))
    };
    match (sign, name.split_first()) {
        ('*', _) => {
            (0..=name.len()).any(|skip| name.get(skip..).is_some_and(|n| fits_from(n, rest)))
        }
        ('?', Some((_, left))) => fits_from(left, rest),
        ('{', _) if after('}').is_some() => after('}').is_some_and(|(choices, rest)| {
            choices.split(|sign| *sign == ',').any(|choice| {
                let whole: Vec<char> = choice.iter().chain(rest).copied().collect();
                fits_from(name, &whole)
            })
        }),
        ('[', Some((first, left))) if after(']').is_some() => {
            after(']').is_some_and(|(set, rest)| {
                let within = set.contains(first)
                    || set.windows(3).any(
                        |range| matches!(range, [from, '-', to] if (from..=to).contains(&first)),
                    );
                within && fits_from(left, rest)
            })
        }
        (sign, Some((first, left))) => sign == first && fits_from(left, rest),
        (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn paths(folders: &Folders, path: &str) -> Vec<String> {
        folders
            .list(path)
            .unwrap()
            .into_iter()
            .map(|(path, _)| path)
            .collect()
    }

    #[test]
    fn a_file_brings_its_folders_and_moves_with_them() {
        let mut folders = Folders::default();
        folders
            .write("/a/b/c.txt", Bytes::from_static(b"1"), false, 1)
            .unwrap();
        assert_eq!(paths(&folders, "/"), ["/a"]);
        let again = folders.write("/a/b/c.txt", Bytes::new(), false, 2);
        assert_eq!(again, Err(Refusal::Exists("/a/b/c.txt".to_owned())));
        assert_eq!(
            folders.delete("/a", false),
            Err(Refusal::NotEmpty("/a".to_owned()))
        );
        folders.rename("/a", "/z", 3).unwrap();
        assert_eq!(paths(&folders, "/z/b"), ["/z/b/c.txt"]);
        folders.delete("/z", true).unwrap();
        assert!(paths(&folders, "/").is_empty());
    }

    #[test]
    fn patterns_are_those_of_paths() {
        for (name, pattern, fit) in [
            ("a.csv", "*.csv", true),
            ("a.csv.gz", "*.csv", false),
            ("part-7", "part-?", true),
            ("part-77", "part-?", false),
            ("b", "[a-c]", true),
            ("d", "[a-c]", false),
            ("a.json", "a.{csv,json}", true),
            ("a.txt", "a.{csv,json}", false),
        ] {
            assert_eq!(fits(name, pattern), fit, "{name} {pattern}");
        }
    }
}
