//! Tests of `codegen import` on a small wheel built from `fixtures/import`.
#![cfg(feature = "import")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use databricks_codegen::import::{self, Error, Report};
use tempfile::TempDir;

const SERVICES: &str = "databricks/sdk/service";

/// An editable wheel and specs folder.
struct Bench {
    folder: TempDir,
    version: String,
    files: BTreeMap<String, String>,
}

impl Bench {
    fn new() -> Bench {
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

    fn specs(&self) -> PathBuf {
        self.folder.path().join("specs")
    }

    fn wheel(&self) -> PathBuf {
        self.folder
            .path()
            .join(format!("databricks_sdk-{}-py3-none-any.whl", self.version))
    }

    fn replace(&mut self, module: &str, from: &str, to: &str) {
        let text = self
            .files
            .get_mut(&format!("{SERVICES}/{module}.py"))
            .unwrap();
        assert!(text.contains(from), "`{from}` is not in {module}");
        *text = text.replace(from, to);
    }

    fn overlay(&self, add: &str) {
        let path = self.specs().join("overlay.yaml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}{add}")).unwrap();
    }

    /// Writes the wheel, leaving out one file that its RECORD lists.
    fn pack_without(&self, missing: &str) {
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

    fn import(&self) -> Result<Report, Error> {
        self.pack_without("");
        import::import(&self.wheel(), &self.specs())
    }

    fn refusal(&self) -> String {
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
fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
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

fn document(bench: &Bench, file: &str) -> String {
    fs::read_to_string(bench.specs().join("databricks").join(file)).unwrap()
}

#[test]
fn every_shape_of_the_sdk_becomes_openapi() {
    let bench = Bench::new();
    bench.import().unwrap();
    let folder = bench.specs().join("databricks");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["vaults.account.json", "widgets.json"]);
    insta::assert_snapshot!("import_widgets", document(&bench, "widgets.json"));
    insta::assert_snapshot!("import_vaults", document(&bench, "vaults.account.json"));
}

#[test]
fn the_report_counts_what_was_written() {
    let report = Bench::new().import().unwrap();
    insta::assert_snapshot!("import_report", report);
}

#[test]
fn importing_twice_writes_the_same_bytes_and_reports_no_drift() {
    let bench = Bench::new();
    assert!(bench.import().unwrap().drift.is_none());
    let first = contents(&bench.specs());
    let (against, drift) = bench.import().unwrap().drift.unwrap();
    assert_eq!(against, "1.0.0");
    assert_eq!(drift.to_string(), "no drift");
    assert_eq!(contents(&bench.specs()), first);
}

#[test]
fn drift_names_every_change_and_the_tools_it_touches() {
    let mut bench = Bench::new();
    bench.import().unwrap();
    fs::create_dir(bench.specs().join("tools")).unwrap();
    let manifest = "toolset: widgets\n\
        waits: { widgets.list_parts: { starts: { widgets.upload: {} } } }\n\
        tools:\n  - { name: make, operation: widgets.create }\n  \
        - { name: build, operation: widgets.upload, wait: {} }\n  \
        - { name: read, operation: widgets.get }\n";
    fs::write(bench.specs().join("tools/widgets.yaml"), manifest).unwrap();
    bench.version = "1.1.0".to_owned();
    bench.replace("widgets", "SMALL = \"small\"", "TINY = \"tiny\"");
    bench.replace(
        "widgets",
        "\"/api/2.0/raw-parts\"",
        "\"/api/2.1/raw-parts\"",
    );
    bench.replace(
        "widgets",
        "def delete(self, widget_id: str, force: bool)",
        "def delete(self, widget_id: str, force: Optional[bool] = None)",
    );
    bench.replace("widgets", "body[\"request_token\"]", "body[\"token\"]");
    bench.replace("widgets", "def get_metadata(", "def metadata(");
    let (_, drift) = bench.import().unwrap().drift.unwrap();
    insta::assert_snapshot!("import_drift", drift);
}

#[test]
fn a_wait_that_upstream_changes_is_drift_of_the_tools_that_wait() {
    let mut bench = Bench::new();
    bench.import().unwrap();
    fs::create_dir(bench.specs().join("tools")).unwrap();
    let manifest = "toolset: widgets\ntools:\n  - { name: make, operation: widgets.create, wait: {} }\n  \
        - { name: drop, operation: widgets.delete }\n  \
        - { name: build, operation: widgets.build_widget, wait: {} }\n  \
        - { name: list, operation: widgets.list }\n";
    fs::write(bench.specs().join("tools/widgets.yaml"), manifest).unwrap();
    bench.version = "1.1.0".to_owned();
    // Other states, another status, another place of the id, another poll.
    bench.replace(
        "widgets",
        "target_states = (WidgetState.READY,)",
        "target_states = (WidgetState.BROKEN,)",
    );
    bench.replace(
        "widgets",
        "failure_states = (WidgetState.BROKEN,)",
        "failure_states = (WidgetState.READY,)",
    );
    bench.replace(
        "widgets",
        "status_message = poll.status.text",
        "status_message = poll.status.value",
    );
    bench.replace(
        "widgets",
        "response=Widget.from_dict(op_response), widget_id=op_response[\"widgetId\"]",
        "response=Widget.from_dict(op_response), widget_id=name",
    );
    bench.replace(
        "widgets",
        "return Wait(self.wait_get_widget_ready, widget_id=widget_id)",
        "return None",
    );
    bench.replace(
        "widgets",
        "self._impl.cancel_operation(",
        "self._impl.get_operation(",
    );
    let (_, drift) = bench.import().unwrap().drift.unwrap();
    insta::assert_snapshot!("import_drift_of_waits", drift);
}

#[test]
fn the_pin_is_written_and_held_to() {
    let mut bench = Bench::new();
    bench.import().unwrap();
    let pin = import::SourcePin::read(&bench.specs()).unwrap().unwrap();
    assert_eq!(
        (pin.package.as_str(), pin.version.as_str(), pin.sha256.len()),
        ("databricks-sdk", "1.0.0", 64)
    );
    bench.replace("vaults", "An account-level module", "Changed");
    let refusal = bench.refusal();
    assert!(
        refusal.starts_with("wrong sha256 for databricks_sdk-1.0.0-py3-none-any.whl: "),
        "{refusal}"
    );
    bench.version = "1.0.1".to_owned();
    bench.import().unwrap();
    let moved = import::SourcePin::read(&bench.specs()).unwrap().unwrap();
    assert_eq!(moved.version, "1.0.1");
    assert_ne!(moved.sha256, pin.sha256);
}

#[test]
fn an_edited_overlay_is_noticed() {
    let bench = Bench::new();
    bench.import().unwrap();
    assert!(import::overlay_is_current(&bench.specs()).unwrap());
    bench.overlay("# one more line\n");
    assert!(!import::overlay_is_current(&bench.specs()).unwrap());
}

#[test]
fn what_is_not_a_wheel_is_refused() {
    let bench = Bench::new();
    bench.import().unwrap();
    let before = contents(&bench.specs());
    fs::write(bench.wheel(), "not a zip").unwrap();
    let error = import::import(&bench.wheel(), &bench.specs()).unwrap_err();
    assert!(
        matches!(&error, Error::NotAWheel { path, .. } if *path == bench.wheel()),
        "{error}"
    );
    let absent = import::import(Path::new("absent.whl"), &bench.specs()).unwrap_err();
    assert!(
        absent.to_string().starts_with("cannot access `absent.whl`"),
        "{absent}"
    );
    assert_eq!(contents(&bench.specs()), before);
}

#[test]
fn a_write_that_fails_leaves_nothing_behind() {
    let mut bench = Bench::new();
    bench.import().unwrap();
    bench.version = "1.0.1".to_owned();
    bench.replace("vaults", "/vaults/", "/safes/");
    // A folder blocks the new pin, which is written after the documents.
    fs::create_dir(bench.specs().join(".SOURCE.toml.new")).unwrap();
    let refusal = bench.refusal();
    assert!(refusal.starts_with("cannot access `"), "{refusal}");
    assert!(!bench.specs().join(".databricks.new").exists());
}

#[test]
fn a_missing_module_is_named() {
    let bench = Bench::new();
    bench.pack_without("databricks/sdk/service/vaults.py");
    let error = import::import(&bench.wheel(), &bench.specs()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "module `databricks/sdk/service/vaults.py` is missing from the wheel, needed by: the wheel's RECORD"
    );
    let mut bench = Bench::new();
    bench.files.remove("databricks/sdk/service/vaults.py");
    assert_eq!(
        bench.refusal(),
        "no class `Vault` in module `vaults`, referred to by: Everything.vault"
    );
}

#[test]
fn a_module_that_does_not_parse_is_named_with_its_line() {
    let mut bench = Bench::new();
    bench.import().unwrap();
    bench.version = "1.0.1".to_owned();
    bench.replace("vaults", "class Vault:", "class Vault(:");
    let refusal = bench.refusal();
    assert!(
        refusal.starts_with("cannot parse `databricks/sdk/service/vaults.py`, line 6: "),
        "{refusal}"
    );
}

#[test]
fn a_shape_that_is_not_understood_is_named_with_its_line() {
    for (from, to, reason) in [
        (
            "vault_id: str) -> Vault",
            "vault_id: str, new: str) -> Vault",
            "argument `new` of `CredentialsAPI.get` is not sent",
        ),
        (
            "vault_id: str) -> Vault",
            "vault_id: Set[str]) -> Vault",
            "unknown type of argument `vault_id`",
        ),
        (
            "body[\"vault_id\"] = self.vault_id",
            "body[\"vault_id\"] = 1",
            "`as_dict` does not write field `vault_id`",
        ),
        (
            "class CredentialsAPI:",
            "class Odd:\n    pass\n\n\nclass CredentialsAPI:",
            "`Odd` is neither a schema, an enum nor an API",
        ),
    ] {
        let mut bench = Bench::new();
        bench.replace("vaults", from, to);
        let refusal = bench.refusal();
        assert!(
            refusal.starts_with("cannot read `databricks/sdk/service/vaults.py`, line "),
            "{refusal}"
        );
        assert!(refusal.contains(reason), "{refusal}");
    }
}

#[test]
fn two_operations_on_one_path_are_refused_until_the_overlay_parts_them() {
    let mut bench = Bench::new();
    bench.replace(
        "widgets",
        "f\"/api/2.0/parts/{kind.value}\"",
        "f\"/api/2.0/widgets/{kind.value}\"",
    );
    let refusal = bench.refusal();
    assert!(
        refusal.contains("get /api/2.0/widgets/{} belongs to several operations"),
        "{refusal}"
    );
}

#[test]
fn an_overlay_entry_that_no_longer_applies_is_named_with_its_line() {
    for (entry, reason) in [
        (
            "- reason: x\n  set_path: { operation: widgets.nope, from: /a, to: /b }\n",
            "line 13: `set_path` of `widgets.nope`: no such operation",
        ),
        (
            "- reason: x\n  set_path: { operation: widgets.get, from: /a, to: /b }\n",
            "line 13: `set_path` of `widgets.get`: its path is `/api/2.0/widgets/{widget_id}`, not `/a`",
        ),
        (
            "- reason: x\n  set_page_items: { operation: widgets.events, schema: EventsPage }\n",
            "line 13: `set_page_items` of `widgets.events`: the page's class is no longer ambiguous",
        ),
        (
            "- reason: x\n  set_page_items: { operation: widgets.get, schema: EventsPage }\n",
            "line 13: `set_page_items` of `widgets.get`: it does not page",
        ),
        (
            "- reason: x\n  add_operation: { module: widgets, verb: get, path: /x, operation: { operationId: widgets.get } }\n",
            "line 13: `add_operation` of `widgets.get`: the SDK has it now, as `widgets.get`",
        ),
    ] {
        let bench = Bench::new();
        bench.overlay(entry);
        let refusal = bench.refusal();
        assert!(refusal.contains(reason), "{refusal}");
    }
}

#[test]
fn an_overlay_with_unknown_keys_or_without_reasons_is_refused() {
    for (entry, reason) in [
        ("- reason: x\n  set_pth: { operation: a }\n", "set_pth"),
        (
            "- set_path: { operation: widgets.get, from: /a, to: /b }\n",
            "reason",
        ),
        (
            "- reason: ''\n  set_path: { operation: widgets.get, from: /a, to: /b }\n",
            "line 13 has an empty `reason`",
        ),
        ("- reason: x\n", "exactly one of"),
    ] {
        let bench = Bench::new();
        bench.overlay(entry);
        let refusal = bench.refusal();
        assert!(
            refusal.starts_with("cannot read `overlay.yaml`: ") && refusal.contains(reason),
            "{refusal}"
        );
    }
}
