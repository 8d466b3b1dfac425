//! The log file: lines are added until it is full, then it becomes the first of a bounded number of earlier ones.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Most bytes of one file.
const BYTES: u64 = 10 << 20;

/// Earlier files that are kept: the first is the latest.
const EARLIER: usize = 5;

/// A file that makes room for itself.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    most: u64,
    file: File,
}

/// The paths of the earlier files of a log file, the latest first.
#[must_use]
pub fn earlier(path: &Path) -> Vec<PathBuf> {
    let named = |number: usize| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    (1..=EARLIER).map(named).collect()
}

impl Rotating {
    /// Opens a file for lines to be added.
    ///
    /// # Errors
    /// The reason why that cannot be.
    pub(super) fn open(path: PathBuf) -> Result<Self, String> {
        Self::of(path, BYTES)
    }

    fn of(path: PathBuf, most: u64) -> Result<Self, String> {
        // A pipe would wait for its reader, and a device never end.
        if std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err("it is no regular file".to_owned());
        }
        let file = appending(&path).map_err(|error| error.to_string())?;
        Ok(Self { path, most, file })
    }

    /// Adds a line. What cannot be written is lost; nobody could be told.
    pub(super) fn write(&mut self, line: &[u8]) {
        self.settle(line.len() as u64);
        let _ = self.file.write_all(line);
    }

    /// Sees to it that there is a file with room for so many bytes. Several servers may write to one: whoever finds it
    /// full makes room, the others go on in the new one.
    fn settle(&mut self, more: u64) {
        if self.is_current() && !self.is_full(more) {
            return;
        }
        if self.is_current() {
            // Without a lock, at worst one file more is made than was needed.
            let _ = self.file.lock();
            if self.is_current() && self.is_full(more) {
                self.shift();
            }
            let _ = self.file.unlock();
        }
        if let Ok(file) = appending(&self.path) {
            self.file = file;
        }
    }

    fn is_full(&self, more: u64) -> bool {
        let size = self.file.metadata().map_or(0, |found| found.len());
        size > 0 && size.saturating_add(more) > self.most
    }

    /// True while the path leads to the file that is open.
    fn is_current(&self) -> bool {
        match (std::fs::metadata(&self.path), self.file.metadata()) {
            (Ok(there), Ok(open)) => is_same(&there, &open),
            _ => false,
        }
    }

    /// Moves each file one place on; the last one goes.
    fn shift(&self) {
        let mut paths = earlier(&self.path);
        paths.reverse();
        paths.push(self.path.clone());
        for pair in paths.windows(2) {
            if let [to, from] = pair {
                // There may be fewer.
                let _ = std::fs::rename(from, to);
            }
        }
    }
}

#[cfg(unix)]
fn is_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// The size tells: a new file is shorter.
#[cfg(not(unix))]
fn is_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    one.len() >= other.len()
}

/// A file that lines are added to, for nobody else to read.
fn appending(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn a_full_file_becomes_the_first_of_five_earlier_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.log");
        let mut file = Rotating::of(path.clone(), 10).unwrap();
        for number in 0..18 {
            file.write(format!("{number:03}\n").as_bytes());
        }
        assert_eq!(read(&path), "016\n017\n");
        let kept: Vec<String> = earlier(&path).iter().map(|path| read(path)).collect();
        let pair = |first: usize| format!("{:03}\n{:03}\n", first, first + 1);
        assert_eq!(kept, [14, 12, 10, 8, 6].map(pair));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 6);
        // A line that is longer than a file has one to itself.
        file.write(&[b'x'; 40]);
        file.write(b"y\n");
        assert_eq!(read(&path), "y\n");
    }

    #[test]
    fn two_servers_write_one_file_and_lose_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.log");
        let mut both = [0, 1].map(|_| Rotating::of(path.clone(), 10).unwrap());
        for number in 0..12 {
            for file in &mut both {
                file.write(format!("{number:03}\n").as_bytes());
            }
        }
        let mut lines: Vec<String> = Vec::new();
        for path in earlier(&path).iter().rev().chain([&path]) {
            lines.extend(read(path).lines().map(ToOwned::to_owned));
        }
        let expected: Vec<String> = (6..12)
            .flat_map(|n| [format!("{n:03}"), format!("{n:03}")])
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_is_no_regular_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Rotating::open(folder.path().to_owned()).unwrap_err();
        assert_eq!(error, "it is no regular file");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.log");
        let mut file = Rotating::of(path.clone(), 3).unwrap();
        file.write(b"abc");
        file.write(b"abc");
        let mut paths = earlier(&path);
        paths.truncate(1);
        paths.push(path);
        for path in paths {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{path:?}");
        }
    }
}
