//! The report of what a new version changes, on small wheels made here.
#![cfg(feature = "import")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod bench;

use std::fs;

use bench::Bench;
use databricks_codegen::import::Section;
use databricks_codegen::manifest::{self, Problems};
use databricks_codegen::spec::Api;
use databricks_codegen::tables;

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
    insta::assert_snapshot!("every_change", drift);
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
    insta::assert_snapshot!("waits", drift);
}

/// A manifest with a tool for each of the changes.
const TOOLS: &str = "\
toolset: widgets
describe: Widgets
tools:
  - name: read
    operation: widgets.get
    title: Read widget
    description: Read a widget.
    access: read
    params: { widget_id: {} }
    result: { fields: { id: widgetId, text: status.stateText } }
  - name: conf
    operation: widgets.get_conf
    title: Read settings
    description: Read the settings.
    access: write
    params: { keys: {} }
  - name: raw
    operation: widgets.list_raw
    title: List raw parts
    description: List raw parts.
    access: read
  - name: make
    operation: widgets.create
    title: Make widget
    description: Make a widget.
    access: write
    params: { displayName: {}, '*': { hide: true } }
    wait: {}
  - name: small_parts
    operation: widgets.list_parts
    title: List small parts
    description: List small parts.
    access: read
    params: { kind: { value: small } }
  - name: list
    operation: widgets.list
    title: List widgets
    description: List widgets.
    access: read
    params: { '*': { hide: true } }
    paginate: { limit: 10 }
    result: { fields: { id: widgetId } }
  - name: build
    behaviour: build
    operations: [widgets.build_widget, widgets.get_operation]
    title: Build widget
    description: Build a widget.
    access: write
";

const EFFECTS: &str = "verbs: { GET: read, HEAD: read, POST: write, PATCH: write, PUT: destroy, DELETE: destroy }\n\
    exceptions:\n  - { effect: write, reason: It is counted, operations: [widgets.get_conf] }\n";

/// The problems at which `cargo build` would stop.
fn problems(bench: &Bench) -> String {
    let api = Api::load(&bench.specs().join("databricks")).unwrap();
    let mut problems = Problems::default();
    let source = manifest::read(&bench.specs(), &mut problems);
    tables::build(&api, &source, &mut problems);
    let folder = bench.folder.path().display().to_string();
    problems.to_string().replace(&format!("{folder}/"), "")
}

fn with_tools() -> Bench {
    let bench = Bench::new();
    bench.import().unwrap();
    fs::create_dir(bench.specs().join("tools")).unwrap();
    fs::write(bench.specs().join("tools/widgets.yaml"), TOOLS).unwrap();
    let index = "toolsets: [widgets]\ndefault: [widgets]\n";
    fs::write(bench.specs().join("tools.yaml"), index).unwrap();
    fs::write(bench.specs().join("effects.yaml"), EFFECTS).unwrap();
    let client = "widgets.Operation: [name, done]\nwidgets.CreateWidget: [displayName]\n";
    fs::write(bench.specs().join("client.yaml"), client).unwrap();
    assert_eq!(problems(&bench), "", "before the new version");
    bench
}

fn take_in_eight_changes(bench: &mut Bench) {
    bench.version = "1.1.0".to_owned();
    let mut replace = |from: &str, to: &str| bench.replace("widgets", from, to);
    // A field of answers with another name.
    replace("body[\"stateText\"]", "body[\"stateMessage\"]");
    // An operation that is gone, and one that came, which nobody has reviewed.
    replace("def get_conf(", "def read_secret_conf(");
    replace(
        "\"/api/2.0/widget-conf\", query",
        "\"/api/2.0/secret-conf\", query",
    );
    // Another path.
    replace("\"/api/2.0/raw-parts\"", "\"/api/2.1/raw-parts\"");
    // A field that requests must give.
    replace(
        "def create(self, name: str, *,",
        "def create(self, name: str, shape: str, *,",
    );
    replace(
        "            body[\"displayName\"] = name\n",
        "            body[\"displayName\"] = name\n        if shape is not None:\n            body[\"shape\"] = shape\n",
    );
    // A value less.
    replace("    SMALL = \"small\"\n", "");
    // Another state that means success.
    replace(
        "    READY = \"Ready\"",
        "    READY = \"Ready\"\n    POLISHED = \"Polished\"",
    );
    replace(
        "target_states = (WidgetState.READY,)",
        "target_states = (WidgetState.POLISHED,)",
    );
    // Another way from page to page.
    replace(
        "query[\"page_token\"] = page_token",
        "query[\"cursor\"] = page_token",
    );
    replace(
        "query[\"page_token\"] = json[\"next_page_token\"]",
        "query[\"cursor\"] = json[\"next_page_token\"]",
    );
    // A mark of deprecation.
    replace(
        "    def get_operation(self, name: str) -> Operation:\n        \"\"\"Polls.",
        "    def get_operation(self, name: str) -> Operation:\n        \"\"\"DEPRECATED: Polls.",
    );
}

#[test]
fn eight_changes_are_all_in_the_report_with_what_to_do_and_each_stops_where_it_says() {
    let mut bench = with_tools();
    take_in_eight_changes(&mut bench);
    let report = bench.import().unwrap();
    let (_, drift) = report.drift.unwrap();
    insta::assert_snapshot!("eight_changes", drift);
    insta::assert_snapshot!("eight_changes_stop", problems(&bench));

    // What the report says to do, done.
    let path = bench.specs().join("tools/widgets.yaml");
    let conf = TOOLS
        .split("  - name: ")
        .find(|tool| tool.starts_with("conf"));
    let tools = TOOLS
        .replace(&format!("  - name: {}", conf.unwrap()), "")
        .replace("status.stateText", "status.stateMessage")
        .replace("displayName: {},", "displayName: {}, shape: {},")
        .replace("{ value: small }", "{}");
    fs::write(path, tools).unwrap();
    let effects = EFFECTS.replace("widgets.get_conf", "widgets.read_secret_conf");
    fs::write(bench.specs().join("effects.yaml"), effects).unwrap();
    assert_eq!(problems(&bench), "", "after what the report says to do");
}

/// The grammar of tools grows: an operation counts wherever a tool names it, and so does a field of a part that several
/// tools share.
#[test]
fn operations_of_steps_and_fields_of_shared_views_count() {
    let mut bench = Bench::new();
    bench.import().unwrap();
    fs::create_dir(bench.specs().join("tools")).unwrap();
    let manifest = "toolset: widgets\n\
        views: { short: { fields: { text: status.stateText } } }\n\
        tools:\n  - { name: twice, steps: [{ call: widgets.list_raw }, { call: widgets.list_scim }] }\n  \
        - { name: read, operation: widgets.get, result: { view: short } }\n  \
        - { name: whole, operation: widgets.get }\n";
    fs::write(bench.specs().join("tools/widgets.yaml"), manifest).unwrap();
    bench.version = "1.1.0".to_owned();
    bench.replace("widgets", "body[\"stateText\"]", "body[\"stateMessage\"]");
    bench.replace(
        "widgets",
        "\"/api/2.0/scim/Widgets\"",
        "\"/api/2.0/scim/Things\"",
    );
    let (_, drift) = bench.import().unwrap().drift.unwrap();
    let of = |section: Section| {
        let found = drift
            .changes
            .iter()
            .find(|change| change.section == section);
        found.unwrap_or_else(|| panic!("{section:?}: {drift}"))
    };
    assert_eq!(
        of(Section::Moved).touched,
        ["`twice` (specs/tools/widgets.yaml)"]
    );
    let renamed = &of(Section::AnswerFields).next;
    assert!(
        renamed[0].contains("`stateText` in `read`: show"),
        "{renamed:?}"
    );
}

#[test]
fn the_report_is_kept_beside_the_pin_until_the_next_version() {
    let mut bench = with_tools();
    let kept = |bench: &Bench| fs::read_to_string(bench.specs().join("DRIFT.md"));
    assert!(kept(&bench).is_err(), "the first import changes nothing");
    take_in_eight_changes(&mut bench);
    let printed = bench.import().unwrap().to_string();
    let first = kept(&bench).unwrap();
    assert!(
        first.starts_with("# databricks-sdk 1.0.0 → 1.1.0\n"),
        "{first}"
    );
    assert!(printed.ends_with(first.trim_end()), "{printed}");

    bench.import().unwrap();
    assert_eq!(kept(&bench).unwrap(), first, "a second run loses nothing");

    bench.overlay(
        "- reason: x\n  set_path: { operation: widgets.list_raw, from: /api/2.1/raw-parts, to: /api/2.2/raw-parts }\n",
    );
    bench.import().unwrap();
    let both = kept(&bench).unwrap();
    let more = both
        .strip_prefix(&first)
        .expect("what the version brought stays");
    assert!(
        more.starts_with("\n# databricks-sdk 1.1.0, imported again\n"),
        "{more}"
    );
    assert!(more.contains("/api/2.2/raw-parts"), "{more}");

    bench.version = "1.2.0".to_owned();
    bench.import().unwrap();
    let next = kept(&bench).unwrap();
    assert_eq!(next, "# databricks-sdk 1.1.0 → 1.2.0\n\nno drift\n");
}
