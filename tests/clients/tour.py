"""One call of every default tool, in an order in which each finds what it needs.

A new tool gets a line here: its name, and its arguments from the answers so far.
"""


def first(answers, tool, key, **wanted):
    """The first row of a list that has these values."""
    rows = answers[tool][key]
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def cluster(answers):
    return {"cluster_id": first(answers, "list_clusters", "clusters", state="TERMINATED")["id"]}


def job(answers):
    return {"job_id": answers["list_jobs"]["jobs"][0]["id"]}


TOUR = [
    ("health", lambda _: {}),
    ("execute_sql", lambda _: {"statement": "SELECT * FROM samples.tpch.nation", "max_rows": 3}),
    ("get_statement", lambda a: {"statement_id": a["execute_sql"]["statement_id"], "offset": 3}),
    ("list_warehouses", lambda _: {}),
    ("list_catalogs", lambda _: {}),
    ("list_schemas", lambda _: {"catalog_name": "samples"}),
    ("list_tables", lambda _: {"catalog_name": "samples", "schema_name": "nyctaxi"}),
    ("get_table", lambda a: {"full_name": a["list_tables"]["tables"][0]["name"]}),
    ("list_clusters", lambda _: {}),
    ("get_cluster", cluster),
    ("start_cluster", cluster),
    ("list_jobs", lambda _: {"limit": 3}),
    ("get_job", job),
    ("run_job", job),
    ("get_run", lambda a: {"run_id": a["run_job"]["run_id"]}),
    ("list_job_runs", job),
    ("list_notebooks", lambda _: {"path": "/Shared/etl"}),
    ("export_notebook", lambda a: {"path": first(a, "list_notebooks", "objects", type="NOTEBOOK")["path"]}),
]
