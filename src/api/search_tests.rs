//! What the search finds: plain words, ordinary words, synonyms and phrases.

use super::*;

fn first(words: &str) -> Vec<&'static str> {
    search(words, Within::default(), 3)
        .iter()
        .map(|operation| operation.id)
        .collect()
}

#[test]
fn the_plain_operation_comes_first() {
    assert_eq!(first("list jobs").first(), Some(&"jobs.list"));
    assert_eq!(first("run now").first(), Some(&"jobs.run_now"));
    assert_eq!(
        first("create cluster policy").first(),
        Some(&"cluster_policies.create")
    );
    assert!(
        first("permissions job")
            .iter()
            .any(|id| id.contains("permission"))
    );
    assert_eq!(
        search(
            "jobs",
            Within {
                verb: "DELETE",
                service: ""
            },
            5
        )
        .iter()
        .filter(|one| one.verb != "DELETE")
        .count(),
        0
    );
    assert!(first("qqqq").is_empty());
}

#[test]
fn ordinary_words_find_the_operation_they_mean() {
    for (words, wanted) in [
        ("get notebook content", "workspace.export"),
        ("upload notebook", "workspace.import_"),
        ("run sql query", "statement_execution.execute_statement"),
        ("query a model", "serving_endpoints.query"),
        ("model serving traffic", "serving_endpoints.update_config"),
        ("who has access", "permissions.get"),
        ("run pipeline", "pipelines.start_update"),
        ("grant privileges on a table", "grants.update"),
        ("revoke access on a schema", "grants.update"),
        ("trigger job", "jobs.run_now"),
        ("run a job", "jobs.run_now"),
        ("run notebook", "jobs.submit"),
        ("terminate cluster", "clusters.delete"),
        ("kill cluster", "clusters.delete"),
        ("stop a warehouse", "warehouses.stop"),
        ("create folder", "workspace.mkdirs"),
        ("delete notebook", "workspace.delete"),
        ("add user", "users.create"),
        ("clone a git repository", "repos.create"),
        ("list dashboards", "lakeview.list"),
        ("permissions of a job", "jobs.get_permissions"),
    ] {
        let found = first(words);
        assert!(found.contains(&wanted), "{words}: {found:?}");
    }
}

#[test]
fn every_synonym_leads_to_operations() {
    let leads = |synonym: &&str| {
        let known = |entry: &Entry| {
            let mut parts = entry.id.iter().chain(&entry.whole);
            entry.operation.id == *synonym || parts.any(|part| part == synonym)
        };
        index().iter().any(known)
    };
    for (keys, synonyms) in SYNONYMS {
        for other in *synonyms {
            assert!(leads(other), "{keys:?}: {other}");
        }
        for key in *keys {
            assert_eq!(&stem(key), key);
        }
    }
}

#[test]
fn every_phrase_leads_to_operations() {
    for (keys, operations) in phrases::phrases() {
        for id in *operations {
            assert!(OPERATIONS.iter().any(|one| one.id == *id), "{keys:?}: {id}");
        }
        for key in *keys {
            assert_eq!(&stem(key), key);
        }
    }
    for service in SUPERSEDED {
        assert!(
            index().iter().any(|one| one.service() == *service),
            "{service}"
        );
    }
}

#[test]
fn switches_and_the_account_come_when_they_are_asked_for() {
    let toggle = "enable_export_notebook.get_enable_export_notebook";
    assert_eq!(first("export notebook").first(), Some(&"workspace.export"));
    assert!(first("enable export notebook setting").contains(&toggle));
}

#[test]
fn a_service_narrows() {
    let within = Within {
        service: "jobs",
        ..Within::default()
    };
    let found = search("list", within, 50);
    assert!(!found.is_empty() && found.iter().all(|one| one.id.starts_with("jobs.")));
}
