//! A small wheel and specs folder, made for a test and edited in it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use databricks_codegen::import::{self, Error, Report};
use tempfile::TempDir;

const SERVICES: &str = "databricks/sdk/service";

/// An editable wheel and specs folder.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) version: String,
    pub(crate) files: BTreeMap<String, String>,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import");
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(fixtures.join("service")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            files.insert(
                format!("{SERVICES}/{name}"),
                fs::read_to_string(&path).unwrap(),
            );
        }
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("specs")).unwrap();
        fs::copy(
            fixtures.join("overlay.yaml"),
            folder.path().join("specs/overlay.yaml"),
        )
        .unwrap();
        Bench {
            folder,
            version: "1.0.0".to_owned(),
            files,
        }
    }

    pub(crate) fn specs(&self) -> PathBuf {
        self.folder.path().join("specs")
    }

    pub(crate) fn wheel(&self) -> PathBuf {
        self.folder
            .path()
            .join(format!("databricks_sdk-{}-py3-none-any.whl", self.version))
    }

    pub(crate) fn replace(&mut self, module: &str, from: &str, to: &str) {
        let text = self
            .files
            .get_mut(&format!("{SERVICES}/{module}.py"))
            .unwrap();
        assert!(text.contains(from), "`{from}` is not in {module}");
        *text = text.replace(from, to);
    }

    pub(crate) fn overlay(&self, add: &str) {
        let path = self.specs().join("overlay.yaml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}{add}")).unwrap();
    }

    /// Writes the wheel, leaving out one file that its RECORD lists.
    pub(crate) fn pack_without(&self, missing: &str) {
        let information = format!("databricks_sdk-{}.dist-info", self.version);
        let mut files = self.files.clone();
        let record: String = files
            .keys()
            .map(|name| format!("{name},sha256=,1\n"))
            .collect();
        files.insert(format!("{information}/RECORD"), record);
        files.insert(
            format!("{information}/METADATA"),
            format!("Name: databricks-sdk\nVersion: {}\n\n", self.version),
        );
        let mut zip = zip::ZipWriter::new(fs::File::create(self.wheel()).unwrap());
        for (name, text) in files.iter().filter(|(name, _)| *name != missing) {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(name.as_str(), options).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    }

    pub(crate) fn import(&self) -> Result<Report, Error> {
        self.pack_without("");
        import::import(&self.wheel(), &self.specs())
    }

    pub(crate) fn refusal(&self) -> String {
        let before = contents(&self.specs());
        let error = self.import().unwrap_err().to_string();
        assert_eq!(
            contents(&self.specs()),
            before,
            "a failed import changed specs"
        );
        error
    }
}

/// Every file below `folder`, by path.
pub(crate) fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            all.insert(path.clone(), fs::read_to_string(&path).unwrap());
        }
    }
    all
}
