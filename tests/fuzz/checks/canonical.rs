//! No spelling of the arguments changes what a call is: where it goes, what it says, whether it asks.
//!
//! The first line of the text names the tool; any other first line chooses one too. The rest is its arguments as JSON.

use std::sync::LazyLock;

use databricks_mcp::error::Error;
use databricks_mcp::policy::Rules;
use databricks_mcp::tools::{Entry, Inventory, Ready, Selection};
use databricks_mcp::workspaces::Workspaces;
use serde_json::{Map, Value, json};
use url::Url;

static WORKSPACES: LazyLock<Workspaces> = LazyLock::new(|| Workspaces::nowhere(&["prod", "dev"]));
static INVENTORY: LazyLock<Inventory> = LazyLock::new(|| {
    let selection = Selection {
        toolsets: vec!["all".to_owned()],
        ..Selection::default()
    };
    Inventory::load(&selection, &WORKSPACES).expect("the tools")
});
static ENTRIES: LazyLock<Vec<&Entry>> = LazyLock::new(|| INVENTORY.entries().collect());
static HOST: LazyLock<Url> =
    LazyLock::new(|| Url::parse("https://acme.cloud.databricks.com").expect("a URL"));

/// All that a call is, in words: its workspace, its arguments, its question, the caller's word for the user's.
fn meaning(entry: &Entry, given: Map<String, Value>) -> Result<String, Error> {
    let mut arguments = entry.canonical(given)?;
    // A workspace that is not there is refused before anything else.
    entry.check(arguments.clone())?;
    let workspace = arguments.shift_remove("workspace");
    let ready = Ready::new(entry, arguments, &Rules::default(), &HOST)?;
    let mut sorted: Vec<_> = ready.arguments().iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    Ok(format!(
        "{workspace:?} {sorted:?} {:?} {}",
        ready.question, ready.confirmed
    ))
}

/// The arguments under the tool's own names, coerced.
fn canonical(entry: &Entry, given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    entry.check(entry.canonical(given)?)
}

/// The tool that the first line names or chooses, and its arguments.
fn call(text: &str) -> Option<(&'static Entry, Map<String, Value>)> {
    let (name, arguments) = text.split_once('\n')?;
    let arguments = serde_json::from_str(arguments).ok()?;
    let any = name.bytes().map(usize::from).sum::<usize>() % ENTRIES.len();
    let named = INVENTORY.find(name).ok();
    Some((named.or_else(|| ENTRIES.get(any).copied())?, arguments))
}

/// Fails if a spelling of this call changes what it is. Returns false where the text is no call.
pub(crate) fn check(text: &str) -> bool {
    let Some((entry, given)) = call(text) else {
        return false;
    };
    let name = entry.spec.name;
    let Ok(plain) = meaning(entry, given.clone()) else {
        return true;
    };
    let once = canonical(entry, given.clone()).expect("it was accepted");
    let twice = canonical(entry, once.clone()).map_err(|error| error.to_string());
    assert_eq!(twice, Ok(once), "{name}, made canonical twice");
    let wraps = |name: &String| name == "params" || entry.spec.flatten.contains(&name.as_str());
    if given.keys().any(wraps) {
        return true;
    }
    let as_text = Value::Object(given.clone()).to_string();
    let backwards: Map<String, Value> = given.clone().into_iter().rev().collect();
    for spelling in [
        json!({ "params": given }),
        json!({ "params": as_text }),
        json!({ "task_progress": "1 of 3", "params": given }),
        Value::Object(backwards),
    ] {
        let shown = spelling.to_string();
        let Value::Object(spelling) = spelling else {
            continue;
        };
        let meant = meaning(entry, spelling).map_err(|error| error.to_string());
        assert_eq!(meant.as_ref(), Ok(&plain), "{name} {shown}");
    }
    true
}
