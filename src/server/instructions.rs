//! What an agent is told about the server as a whole.

/// Sent once per connection, under the 2,048 characters that clients keep.
pub(super) const TEXT: &str = "\
Tools for a Databricks workspace; which of them are served depends on how the user started the server.
- Data questions: list_catalogs > list_schemas > list_tables > get_table to find tables and columns, then \
execute_sql with catalog.schema.table names. It needs no cluster; without `warehouse_id` a warehouse is chosen.
- Aggregate and LIMIT in SQL: answers hold at most `max_rows` rows and say what was cut.
- Jobs: list_jobs > get_job > run_job. Notebooks: list_notebooks > export_notebook.
- Calls that wait answer within 45 s; unfinished work is named with the tool that follows it up \
(get_statement, get_run, get_cluster). Do not start it again.
- For the rest of the REST API: api_search > api_describe > api_call.
- `next_cursor` in an answer goes into `cursor` of the same call for more rows.
- If every call fails, call health.";
