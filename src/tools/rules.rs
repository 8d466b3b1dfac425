//! The rules that a selection implies, besides the tools that it leaves out.

use super::Selection;
use crate::policy::Rules;

impl Selection {
    /// The rules for calls of the tools that are served.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            read_only: self.read_only,
            read_only_functions: self.read_only_functions,
            excluded: self.exclusion(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use regex::Regex;
    use serde_json::Map;

    use super::*;
    use crate::catalog::{Door, Effect, OPERATIONS, PRESETS, TOOLS, TOOLSETS, ToolSpec};
    use crate::tools::near::answers_to;

    /// The primary operations of each behaviour.
    const BEHAVIOURS: &[(&str, &[&str])] = &[
        ("api_call", &[]),
        ("api_describe", &[]),
        ("api_search", &[]),
        ("cancel_command", &["command_execution.cancel"]),
        ("cancel_transfer", &[]),
        (
            "copy_file",
            &[
                "files.upload",
                "files.upload_session",
                "dbfs.put",
                "dbfs.create",
                "workspace.import_",
                "workspace.import_file",
            ],
        ),
        ("create_execution_context", &["command_execution.create"]),
        ("create_repo", &["repos.create"]),
        // These two only tell what they make of answers.
        ("diagnose_run", &[]),
        (
            "download_file",
            &["files.download", "dbfs.read", "workspace.export"],
        ),
        ("clear_cache", &[]),
        ("edit_notebook", &["workspace.import_"]),
        ("execute_command", &["command_execution.execute"]),
        ("execute_command_simple", &["command_execution.execute"]),
        ("execute_sql", &["statement_execution.execute_statement"]),
        (
            "execute_sql_multi",
            &["statement_execution.execute_statement"],
        ),
        ("export_notebook", &["workspace.export"]),
        ("export_run", &["jobs.export_run"]),
        ("get_command_status", &["command_execution.command_status"]),
        ("get_run_output", &["jobs.get_run_output"]),
        ("get_statement", &["statement_execution.get_statement"]),
        ("get_transfer", &[]),
        ("health", &[]),
        ("import_notebook", &["workspace.import_"]),
        (
            "list_files",
            &[
                "dbfs.list",
                "files.list_directory_contents",
                "workspace.list",
            ],
        ),
        ("metrics", &[]),
        (
            "move_file",
            &[
                "dbfs.move",
                "files.upload",
                "files.upload_session",
                "workspace.import_",
                "workspace.import_file",
            ],
        ),
        ("pull_repo", &["repos.update"]),
        ("run_notebook", &["jobs.submit"]),
        ("status", &[]),
        (
            "sync_repo_and_run_notebook",
            &["repos.update", "jobs.submit"],
        ),
        ("update_permissions", &["permissions.update"]),
        (
            "upload_file",
            &[
                "files.upload",
                "files.upload_session",
                "dbfs.put",
                "dbfs.create",
                "workspace.import_",
                "workspace.import_file",
            ],
        ),
    ];

    /// The operations that nobody can call any more when these are excluded.
    fn blocked(exclude: &[&str]) -> BTreeSet<&'static str> {
        let selection = Selection {
            exclude: exclude.iter().map(|name| (*name).to_owned()).collect(),
            ..Selection::default()
        };
        let rules = selection.rules();
        let nothing = Map::new();
        let blocked = OPERATIONS
            .iter()
            .filter(|one| rules.excluded.blocks(one, &nothing));
        blocked.map(|one| one.id).collect()
    }

    /// The primary operations of a tool, found independently of those marked in its row.
    fn primary(tool: &ToolSpec) -> BTreeSet<&'static str> {
        match &tool.door {
            Door::Table(plan) => BTreeSet::from([plan.request.operation]),
            Door::Behaviour(name) => {
                let row = BEHAVIOURS.iter().find(|(known, _)| known == name);
                row.unwrap_or_else(|| unreachable!("say what `{name}` is there to send"))
                    .1
                    .iter()
                    .copied()
                    .collect()
            }
        }
    }

    /// The operations with the verb of one of these, and a path that is one of its paths.
    fn alike(ids: &BTreeSet<&str>) -> BTreeSet<&'static str> {
        let named = OPERATIONS.iter().filter(|one| ids.contains(one.id));
        let requests: Vec<(&str, Regex)> = named.map(|one| (one.verb, pattern(one.path))).collect();
        let alike = OPERATIONS.iter().filter(|one| {
            let mut requests = requests.iter();
            requests.any(|(verb, paths)| *verb == one.verb && paths.is_match(one.path))
        });
        alike.map(|one| one.id).collect()
    }

    /// The paths that a template makes; the last parameter stands for no fixed word.
    fn pattern(path: &str) -> Regex {
        let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
        let holes = Regex::new(r"[^/]*\\\{[^/]*").unwrap();
        let parent = regex::escape(parent);
        let parent = holes.replace_all(&parent, "[^/]+");
        let last = match last.split_once('}') {
            // `{name}:undelete` is another request than `{name}`.
            Some((_, action)) => format!(r"[^/{{]*\{{[^/}}]*\}}{}", regex::escape(action)),
            None => regex::escape(last),
        };
        Regex::new(&format!("^{parent}/{last}$")).unwrap()
    }

    #[test]
    fn an_excluded_tool_takes_its_primary_operations_along_and_nothing_else() {
        for tool in TOOLS {
            for name in answers_to(tool) {
                assert_eq!(blocked(&[name]), alike(&primary(tool)), "{name}");
            }
        }
    }

    #[test]
    fn an_excluded_toolset_or_preset_takes_along_what_its_tools_do() {
        // A preset may hold single tools too.
        let sets = TOOLSETS.iter().map(|(set, ..)| (*set, vec![*set]));
        let presets = PRESETS.iter().filter(|(name, _)| *name != "all");
        let presets = presets.map(|(name, held)| (*name, held.to_vec()));
        for (name, held) in sets.chain(presets) {
            let holds =
                |tool: &&ToolSpec| held.contains(&tool.toolset) || held.contains(&tool.name);
            let ids = TOOLS.iter().filter(holds).flat_map(primary).collect();
            let mut expected = alike(&ids);
            // These two stand for all that does the like.
            for one in OPERATIONS {
                let grants = held.contains(&"grants") && one.effect == Effect::Grants;
                let (service, _) = one.id.split_once('.').unwrap();
                let secrets =
                    held.contains(&"secrets") && matches!(service, "secrets" | "secrets_uc");
                if grants || secrets {
                    expected.insert(one.id);
                }
            }
            assert_eq!(blocked(&[name]), expected, "{name}");
        }
    }

    #[test]
    fn a_tool_that_is_there_to_do_what_is_excluded_is_not_served() {
        let lost = |name: &str| {
            let selection = Selection {
                toolsets: vec!["all".to_owned()],
                exclude: vec![name.to_owned()],
                ..Selection::default()
            };
            let served: BTreeSet<&str> =
                selection.specs().unwrap().iter().map(|t| t.name).collect();
            let lost = TOOLS.iter().filter(|tool| !served.contains(tool.name));
            lost.map(|tool| tool.name).collect::<BTreeSet<&str>>()
        };
        for (excluded, takes_along) in [
            ("diagnose_run", &[][..]),
            ("health", &[]),
            ("get_run", &["wait_for_run_completion", "diagnose_run"]),
            ("get_current_user", &["health"]),
            ("get_job", &[]),
            ("get_workspace_file_info", &[]),
            (
                "export_notebook",
                &[
                    "get_workspace_file_content",
                    "download_file",
                    "edit_notebook",
                ],
            ),
        ] {
            let expected = takes_along.iter().chain([&excluded]).copied().collect();
            assert_eq!(lost(excluded), expected, "{excluded}");
        }
        assert_eq!(
            lost("execute_sql"),
            BTreeSet::from(["execute_sql", "execute_sql_multi"])
        );
        assert_eq!(
            lost("run_notebook"),
            BTreeSet::from(["run_notebook", "submit_run", "sync_repo_and_run_notebook"])
        );
        let of_set = |tool: &&str| {
            let mut tools = TOOLS.iter().filter(|one| one.toolset == "grants");
            tools.any(|one| one.name == *tool)
        };
        let others: Vec<&str> = lost("grants").into_iter().filter(|t| !of_set(t)).collect();
        // Each of these is there to say who may do what, or to open a way in or out.
        assert_eq!(
            others,
            [
                "create_connection",
                "create_external_location",
                "create_git_credential",
                "create_service_principal",
                "create_storage_credential",
                "create_user",
                "delete_secret_acl",
                "publish_dashboard",
                "put_secret_acl",
                "update_group",
                "update_share",
                "update_share_permissions",
                "update_user",
            ]
        );
    }

    #[test]
    fn exclusion_has_no_blind_spot_and_no_bycatch() {
        assert_eq!(
            blocked(&["get_statement"]),
            BTreeSet::from(["statement_execution.get_statement"])
        );
        assert_eq!(
            blocked(&["pull_repo", "sync_repo_and_run_notebook"]),
            BTreeSet::from(["jobs.submit", "repos.update"])
        );
        assert_eq!(
            blocked(&["set_permissions"]),
            OPERATIONS
                .iter()
                .filter(|one| {
                    one.verb == "PUT"
                        && one.path.starts_with("/api/2.0/permissions/")
                        && one.path.ends_with('}')
                })
                .map(|one| one.id)
                .collect()
        );
        assert_eq!(blocked(&[]), BTreeSet::new());
    }
}
