"""One call of every default tool, in an order that gives each what it needs.

A line has a tool's name, and its arguments computed from the answers so far.
"""

FOLDER = "/Shared/tour"
NOTEBOOK = f"{FOLDER}/notebook"
TAXI = {"catalog_name": "samples", "schema_name": "nyctaxi"}


def first(answers, tool, key, **wanted):
    """The first row with these values."""
    rows = answers[tool][key]
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def cluster(answers):
    return {"cluster_id": first(answers, "list_clusters", "clusters", state="TERMINATED")["id"]}


def job(answers):
    return {"job_id": first(answers, "list_jobs", "jobs", name="nightly-etl")["id"]}


def run(answers):
    return {"run_id": answers["run_job"]["run_id"]}


def write(path, content, **more):
    return {"path": path, "content": content, "overwrite": True, "confirm": True, **more}


TOUR = [
    ("health", lambda _: {}),
    ("execute_sql", lambda _: {"statement": "SELECT * FROM samples.tpch.nation", "max_rows": 3}),
    ("execute_sql_multi", lambda _: {"script": "SELECT 1 AS a; SELECT 2 AS b"}),
    ("get_statement", lambda a: {"statement_id": a["execute_sql"]["statement_id"], "offset": 3}),
    ("cancel_statement", lambda a: {"statement_id": a["execute_sql"]["statement_id"]}),
    ("list_warehouses", lambda _: {}),
    ("list_catalogs", lambda _: {}),
    ("list_schemas", lambda _: {"catalog_name": "samples"}),
    ("list_tables", lambda _: TAXI),
    ("search_tables", lambda _: {"catalog_name": "samples"}),
    ("get_table_lineage", lambda _: {"full_name": "samples.nyctaxi.trips"}),
    ("list_volumes", lambda _: TAXI),
    ("get_table", lambda a: {"full_name": a["list_tables"]["tables"][0]["name"]}),
    ("list_clusters", lambda _: {}),
    ("get_cluster", cluster),
    ("start_cluster", cluster),
    ("terminate_cluster", lambda a: {**cluster(a), "confirm": True}),
    ("create_cluster", lambda _: {"spark_version": "15.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1}),
    ("list_jobs", lambda _: {"limit": 3}),
    ("get_job", job),
    ("run_job", job),
    ("get_run", run),
    ("wait_for_run_completion", run),
    ("get_run_output", lambda a: {"run_id": a["get_run"]["tasks"][0]["run_id"]}),
    ("diagnose_run", run),
    ("list_job_runs", job),
    ("cancel_run", run),
    ("run_notebook", lambda _: {"notebook_path": "/Shared/etl/ingest"}),
    ("submit_run", lambda _: {"tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "/Shared/etl/ingest"}}]}),
    ("create_workspace_directory", lambda _: {"path": FOLDER}),
    ("import_notebook", lambda _: write(NOTEBOOK, "print(1)\n", language="PYTHON")),
    ("get_workspace_file_info", lambda _: {"path": NOTEBOOK}),
    ("get_workspace_file_content", lambda _: {"path": "/Shared/README.md"}),
    ("list_notebooks", lambda _: {"path": FOLDER}),
    ("export_notebook", lambda _: {"path": NOTEBOOK}),
    ("delete_workspace_object", lambda _: {"path": FOLDER, "recursive": True, "confirm": True}),
    ("api_search", lambda _: {"words": "list jobs"}),
    ("api_describe", lambda _: {"operation": "jobs.list"}),
    ("api_call", lambda _: {"operation": "jobs.list", "arguments": {"limit": 2}}),
]
