//! Promise: playbooks are offered as prompts and skills where all their tools are served, and arguments of prompts and
//! addresses are completed from the workspace. The built binary against the sandbox, in both eras.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era};

const ERAS: [Era; 2] = [Era::Session, Era::Alone];

fn sandbox() -> Running {
    Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    })
    .unwrap()
}

fn server(era: Era, sandbox: &Running, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
    ];
    variables.extend(more);
    Binary::start(era, &variables)
}

fn asked(server: &mut Binary, method: &str, params: Value) -> Value {
    let answer = server.request(method, params);
    let result = answer.get("result");
    result
        .unwrap_or_else(|| panic!("{method}: {answer}"))
        .clone()
}

fn names(list: &Value) -> Vec<&str> {
    let all = list.as_array().unwrap().iter();
    all.map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn a_prompt_is_filled_in_with_what_is_given() {
    let sandbox = sandbox();
    for era in ERAS {
        let mut server = server(era, &sandbox, &[]);
        let listed = asked(&mut server, "prompts/list", json!({}));
        assert_eq!(
            names(&listed["prompts"]),
            ["explore-catalog", "profile-table"]
        );
        let arguments = &listed["prompts"][0]["arguments"];
        assert_eq!(names(arguments), ["catalog", "schema"]);
        assert_eq!(arguments[0]["required"], true);
        let params =
            json!({ "name": "profile-table", "arguments": { "table": "samples.nyctaxi.trips" } });
        let got = asked(&mut server, "prompts/get", params);
        let text = got["messages"][0]["content"]["text"].as_str().unwrap();
        assert!(
            text.starts_with("Profile the table `samples.nyctaxi.trips` and"),
            "{text}"
        );
        assert!(!text.contains('{'), "{text}");
        for params in [
            json!({ "name": "profile-table" }),
            json!({ "name": "none" }),
            json!({ "name": "profile-table", "arguments": { "table": "a", "x": "b" } }),
        ] {
            let answer = server.request("prompts/get", params.clone());
            assert_eq!(answer["error"]["code"], -32602, "{params}: {answer}");
        }
    }
}

#[test]
fn a_skill_is_listed_with_its_file_which_is_read_as_it_was_promised() {
    let sandbox = sandbox();
    for era in ERAS {
        let mut server = server(era, &sandbox, &[]);
        let listed = asked(&mut server, "skills/list", json!({}));
        let skills = listed["skills"].as_array().unwrap();
        assert_eq!(skills.len(), 2);
        for skill in skills {
            let uri = skill["uri"].as_str().unwrap();
            let got = asked(&mut server, "skills/get", json!({ "uri": uri }));
            assert_eq!(&got["skill"], skill);
            let read = asked(&mut server, "resources/read", json!({ "uri": uri }));
            let text = read["contents"][0]["text"].as_str().unwrap();
            assert_eq!(skill["resources"][0]["size"], text.len());
            // What is listed is what the file's head says.
            let head = &skill["frontmatter"];
            for line in [
                format!("name: {}\n", head["name"].as_str().unwrap()),
                format!("description: {}\n", head["description"].as_str().unwrap()),
                format!("  title: {}\n", head["metadata"]["title"].as_str().unwrap()),
                format!(
                    "  arguments: {}\n",
                    head["metadata"]["arguments"].as_str().unwrap()
                ),
                format!("  tools: {}\n", head["metadata"]["tools"].as_str().unwrap()),
            ] {
                assert!(text.contains(&line), "{line}");
            }
        }
    }
}

#[test]
fn a_playbook_whose_tools_are_not_all_served_is_not_offered() {
    let sandbox = sandbox();
    let excluding = [("DATABRICKS_MCP_EXCLUDE", "search_tables")];
    let mut server = server(Era::Alone, &sandbox, &excluding);
    let listed = asked(&mut server, "prompts/list", json!({}));
    assert_eq!(names(&listed["prompts"]), ["profile-table"]);
    let uri = json!({ "uri": "skill://databricks-mcp/explore-catalog/SKILL.md" });
    assert!(server.request("skills/get", uri.clone())["error"].is_object());
    assert!(server.request("resources/read", uri)["error"].is_object());
    let none = [("DATABRICKS_MCP_TOOLS", "list_warehouses")];
    let mut none = self::server(Era::Alone, &sandbox, &none);
    let found = asked(&mut none, "server/discover", json!({}));
    let capabilities = found["capabilities"].as_object().unwrap();
    let declared: Vec<&String> = capabilities.keys().collect();
    // The extension is that of tasks.
    assert_eq!(declared, ["extensions", "tools"]);
}

/// The values that complete an argument.
fn completed(
    server: &mut Binary,
    of: &Value,
    argument: &str,
    value: &str,
    given: Value,
) -> Vec<String> {
    let params = json!({ "ref": of, "argument": { "name": argument, "value": value }, "context": { "arguments": given } });
    let result = asked(server, "completion/complete", params);
    let values = result["completion"]["values"].as_array().unwrap().iter();
    values
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn arguments_are_completed_from_the_workspace() {
    let sandbox = sandbox();
    let host = sandbox.host().trim_start_matches("http://");
    let host = host.trim_end_matches('/').to_owned();
    let prompt = |name: &str| json!({ "type": "ref/prompt", "name": name });
    let template = |rest: &str| json!({ "type": "ref/resource", "uri": format!("databricks://{{workspace}}/{rest}") });
    for era in ERAS {
        let mut server = server(era, &sandbox, &[]);
        let mut of = |of: &Value, argument: &str, value: &str, given: Value| {
            completed(&mut server, of, argument, value, given)
        };
        let explore = prompt("explore-catalog");
        assert_eq!(of(&explore, "catalog", "SAM", json!({})), ["samples"]);
        let given = json!({ "catalog": "samples" });
        assert_eq!(of(&explore, "schema", "nyc", given), ["nyctaxi"]);
        let profile = prompt("profile-table");
        assert_eq!(of(&profile, "table", "samp", json!({})), ["samples."]);
        assert_eq!(
            of(&profile, "table", "samples.nyc", json!({})),
            ["samples.nyctaxi."]
        );
        let table = template("table/{full_name}");
        let found = of(&table, "full_name", "samples.nyctaxi.tr", json!({}));
        assert_eq!(found, ["samples.nyctaxi.trips"]);
        assert_eq!(
            of(&table, "workspace", "", json!({})),
            std::slice::from_ref(&host)
        );
        assert!(!of(&profile, "warehouse", "", json!({})).is_empty());
        assert!(!of(&template("job/{id}"), "id", "", json!({})).is_empty());
        let volume = template("volume/{path}{?bytes}");
        assert_eq!(
            of(&volume, "path", "main/default/land", json!({})),
            ["main/default/landing/"]
        );
        let notebook = template("notebook/{path}{?bytes}");
        assert!(of(&notebook, "path", "/Us", json!({})).contains(&"/Users/".to_owned()));
        // What is nowhere is completed by nothing.
        assert!(of(&profile, "table", "none.x", json!({})).is_empty());
        assert!(of(&table, "full_name", "", json!({ "workspace": "elsewhere" })).is_empty());
    }
    let excluding = [("DATABRICKS_MCP_EXCLUDE", "list_catalogs")];
    let mut without = server(Era::Alone, &sandbox, &excluding);
    let table = template("table/{full_name}");
    assert!(completed(&mut without, &table, "full_name", "", json!({})).is_empty());
}
