//! Tests of `codegen import` on a small wheel built from `fixtures/import`.
#![cfg(feature = "import")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod bench;

use std::fs;
use std::path::Path;

use bench::{Bench, contents};
use databricks_codegen::import::{self, Error};

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
fn a_document_edited_by_hand_is_noticed_without_the_wheel() {
    let bench = Bench::new();
    bench.import().unwrap();
    fs::remove_file(bench.wheel()).unwrap();
    import::documents_are_imported(&bench.specs()).unwrap();
    let path = bench.specs().join("databricks/vaults.account.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("/vaults/", "/safes/")).unwrap();
    let refusal = import::documents_are_imported(&bench.specs()).unwrap_err();
    assert_eq!(
        refusal.to_string().lines().next(),
        Some("`specs/databricks` is not what the import of 1.0.0 wrote")
    );
    fs::write(&path, text).unwrap();
    import::documents_are_imported(&bench.specs()).unwrap();
    fs::write(bench.specs().join("databricks/more.json"), "{}").unwrap();
    assert!(import::documents_are_imported(&bench.specs()).is_err());
}

#[test]
fn a_folder_with_one_wheel_is_a_wheel() {
    let mut bench = Bench::new();
    bench.pack_without("");
    import::import(bench.folder.path(), &bench.specs()).unwrap();
    bench.version = "1.0.1".to_owned();
    bench.pack_without("");
    let refusal = import::import(bench.folder.path(), &bench.specs()).unwrap_err();
    let refusal = refusal.to_string();
    assert!(
        refusal.contains(
            "holds 2 wheels of databricks-sdk: databricks_sdk-1.0.0-py3-none-any.whl, databricks_sdk-1.0.1"
        ),
        "{refusal}"
    );
}

#[test]
fn every_stale_entry_of_the_overlay_is_named_at_once() {
    let bench = Bench::new();
    bench.overlay(
        "- reason: x\n  set_path: { operation: widgets.nope, from: /a, to: /b }\n\
         - reason: x\n  set_page_items: { operation: widgets.get, schema: EventsPage }\n\
         - reason: x\n  set_page_items: { operation: widgets.events, schema: EventsPage }\n\
         - reason: x\n  add_operation: { module: nope, verb: get, path: /x, operation: { operationId: a.b } }\n",
    );
    assert_eq!(
        bench.refusal(),
        "stale entries in overlay.yaml:\n\
         line 13: `set_path` of `widgets.nope`: no such operation\n\
         line 15: `set_page_items` of `widgets.get`: it does not page\n\
         line 17: `set_page_items` of `widgets.events`: the page's class is no longer ambiguous\n\
         line 19: `add_operation` of `a.b`: no module `nope`\n\
         hint: remove or correct the entries"
    );
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
