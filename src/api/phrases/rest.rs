//! Phrases about files, secrets, models, dashboards and settings.

pub(super) static PHRASES: &[(&[&str], &[&str])] = &[
    // Files, notebooks, Git.
    (&["read", "file"], &["files.download", "dbfs.read"]),
    (&["upload", "file"], &["files.upload", "dbfs.put"]),
    (
        &["list", "file"],
        &["files.list_directory_contents", "dbfs.list"],
    ),
    (
        &["browse"],
        &["workspace.list", "files.list_directory_contents"],
    ),
    (&["move", "file"], &["dbfs.move"]),
    (&["list", "notebook"], &["workspace.list"]),
    (&["find", "notebook"], &["workspace.list"]),
    (&["search", "notebook"], &["workspace.list"]),
    (&["search", "workspace"], &["workspace.list"]),
    (&["find", "workspace"], &["workspace.list"]),
    (&["make", "notebook"], &["workspace.import_"]),
    (&["new", "notebook"], &["workspace.import_"]),
    (
        &["copy", "notebook"],
        &["workspace.export", "workspace.import_"],
    ),
    (&["save", "notebook"], &["workspace.import_"]),
    (
        &["edit", "notebook"],
        &["workspace.import_", "workspace.export"],
    ),
    (&["schedule", "notebook"], &["jobs.create"]),
    (&["notebook", "once"], &["jobs.submit"]),
    (&["new", "folder"], &["workspace.mkdirs"]),
    (&["branch"], &["repos.update"]),
    (&["branch", "postgre"], &["postgres.list_branches"]),
    (&["branch", "database"], &["postgres.list_branches"]),
    (&["commit"], &["repos.get", "repos.update"]),
    (&["source", "notebook"], &["workspace.export"]),
    (&["code", "notebook"], &["workspace.export"]),
    (&["git", "branch"], &["repos.update"]),
    (&["git", "pull"], &["repos.update"]),
    (&["repo", "branch"], &["repos.update"]),
    (&["repo", "pull"], &["repos.update"]),
    (&["git", "checkout"], &["repos.update"]),
    (
        &["git", "token"],
        &["git_credentials.create", "git_credentials.list"],
    ),
    (&["git", "sync"], &["repos.update"]),
    (&["git", "clone"], &["repos.create"]),
    // Secrets.
    (
        &["password"],
        &["secrets.put_secret", "secrets.list_secrets"],
    ),
    (&["store", "secret"], &["secrets.put_secret"]),
    (&["save", "secret"], &["secrets.put_secret"]),
    (&["rotate", "secret"], &["secrets.put_secret"]),
    (&["api", "key"], &["secrets.put_secret"]),
    (&["who", "secret"], &["secrets.list_acls"]),
    // Models and AI.
    (
        &["deploy", "model"],
        &[
            "serving_endpoints.create",
            "serving_endpoints.update_config",
        ],
    ),
    (
        &["serve", "model"],
        &[
            "serving_endpoints.create",
            "serving_endpoints.update_config",
        ],
    ),
    (&["call", "model"], &["serving_endpoints.query"]),
    (&["ask", "model"], &["serving_endpoints.query"]),
    (
        &["llm"],
        &["serving_endpoints.query", "serving_endpoints.list"],
    ),
    (&["predict"], &["serving_endpoints.query"]),
    (
        &["chat"],
        &["serving_endpoints.query", "genie.start_conversation"],
    ),
    (&["log", "endpoint"], &["serving_endpoints.logs"]),
    (&["log", "model"], &["serving_endpoints.logs"]),
    (
        &["embedding"],
        &[
            "vector_search_indexes.create_index",
            "serving_endpoints.query",
        ],
    ),
    (&["similar"], &["vector_search_indexes.query_index"]),
    (
        &["semantic", "search"],
        &["vector_search_indexes.query_index"],
    ),
    (&["rag"], &["vector_search_indexes.query_index"]),
    (
        &["metric", "run"],
        &["experiments.get_run", "experiments.search_runs"],
    ),
    (&["best", "run"], &["experiments.search_runs"]),
    (&["experiment", "run"], &["experiments.search_runs"]),
    (&["compare", "run"], &["experiments.search_runs"]),
    (
        &["register", "model"],
        &["registered_models.create", "model_versions.list"],
    ),
    (&["promote", "model"], &["registered_models.set_alias"]),
    (&["alias", "model"], &["registered_models.set_alias"]),
    // Dashboards, alerts, Genie, apps.
    (
        &["refresh", "dashboard"],
        &["lakeview.publish", "lakeview.create_schedule"],
    ),
    (
        &["email", "dashboard"],
        &["lakeview.create_subscription", "lakeview.create_schedule"],
    ),
    (&["schedule", "dashboard"], &["lakeview.create_schedule"]),
    (&["report"], &["lakeview.list", "lakeview.create"]),
    (&["chart"], &["lakeview.create", "lakeview.get"]),
    (
        &["alert"],
        &["alerts_v2.create_alert", "alerts_v2.list_alerts"],
    ),
    (
        &["notify"],
        &["alerts_v2.create_alert", "notification_destinations.create"],
    ),
    (&["slack"], &["notification_destinations.create"]),
    (&["webhook"], &["notification_destinations.create"]),
    (
        &["talk"],
        &["genie.start_conversation", "serving_endpoints.query"],
    ),
    (&["talk", "data"], &["genie.start_conversation"]),
    (&["ask", "data"], &["genie.start_conversation"]),
    (&["ask", "question"], &["genie.start_conversation"]),
    (&["room", "genie"], &["genie.list_spaces"]),
    (
        &["space", "genie"],
        &["genie.list_spaces", "genie.get_space"],
    ),
    (&["natural", "language"], &["genie.start_conversation"]),
    (&["restart", "app"], &["apps.start", "apps.deploy"]),
    (&["streamlit"], &["apps.create", "apps.deploy"]),
    (
        &["lakebase"],
        &["postgres.list_projects", "database.list_database_instances"],
    ),
    // Settings.
    (
        &["allow", "ip"],
        &["ip_access_lists.create", "ip_access_lists.list"],
    ),
    (
        &["block", "ip"],
        &["ip_access_lists.create", "ip_access_lists.list"],
    ),
    (
        &["whitelist"],
        &["ip_access_lists.create", "artifact_allowlists.update"],
    ),
    (&["workspace", "setting"], &["workspace_conf.get_status"]),
];
