//! Synonyms: the words of people for things that the REST API names differently.

/// Words that people ask for, and their synonyms in the API: a word of an id, a whole service or method, or the id of
/// one operation. All words are singular. A row of several words applies only if all of them are asked for.
pub(super) static SYNONYMS: &[(&[&str], &[&str])] = &[
    (&["terminate"], &["delete", "stop", "cancel"]),
    (&["kill"], &["delete", "stop", "cancel"]),
    (&["stop"], &["delete", "cancel"]),
    (&["remove"], &["delete", "trash"]),
    (&["drop"], &["delete", "trash"]),
    (&["run"], STARTS),
    (&["trigger"], STARTS),
    (&["start"], STARTS),
    (&["launch"], STARTS),
    (&["execute"], STARTS),
    (&["submit"], &["jobs.submit"]),
    (&["notebook"], &["workspace"]),
    (&["folder"], &["workspace", "mkdir"]),
    (&["directory"], &["mkdir"]),
    (&["create"], &["mkdir", "import"]),
    (&["make"], &["create", "mkdir"]),
    (&["add"], &["create"]),
    (&["new"], &["create"]),
    (&["upload"], &["import", "put"]),
    (&["write"], &["import", "put", "upload"]),
    (&["content"], &["export", "download", "read"]),
    (&["download"], &["export"]),
    (&["get"], &["export", "read"]),
    (&["read"], &["get", "export"]),
    (&["show"], &["get", "list", "export"]),
    (&["view"], &["get", "list", "export"]),
    (&["describe"], &["get"]),
    (&["find"], &["list", "search"]),
    (&["change"], &["update", "edit"]),
    (&["modify"], &["update", "edit"]),
    (&["edit"], &["update"]),
    (&["set"], &["update"]),
    (&["access"], &["permission", "grant"]),
    (&["privilege"], &["grant"]),
    (&["grant"], &["grants.update"]),
    (&["revoke"], &["grants.update", "permissions.update"]),
    (&["who", "access"], &["permissions.get", "grants.get"]),
    (&["sql"], &["statement_execution"]),
    (
        &["sql", "query"],
        &["statement_execution", "execute_statement"],
    ),
    (&["run", "notebook"], &["jobs.submit"]),
    (&["serving"], &["serving_endpoint"]),
    (&["model", "serving"], &["serving_endpoint"]),
    (&["query", "model"], &["serving_endpoint"]),
    (&["traffic"], &["update_config"]),
    (&["call"], &["query"]),
    (&["ask"], &["query", "start_conversation"]),
    (&["repository"], &["repo"]),
    (&["git"], &["repo"]),
    (&["dashboard"], &["lakeview"]),
    (&["dlt"], &["pipeline"]),
    (&["whoami"], &["current_user"]),
];

/// Methods that start work.
const STARTS: &[&str] = &["run_now", "start_update", "execute_statement"];

/// Words that do not narrow a search.
pub(super) static FILLERS: &[&str] = &[
    "a", "an", "the", "of", "on", "in", "to", "for", "from", "with", "by", "my", "all", "who",
    "has", "have", "can", "i", "is", "are", "what", "which", "and", "it", "me", "do", "how",
];
