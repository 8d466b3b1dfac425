"""The official Python SDK drives the sandbox: what it parses there, it would parse from the real service.

It covers the operations behind the server's tools, so that tests against the sandbox mean something.
"""

import base64

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.compute import State
from databricks.sdk.service.jobs import RunLifeCycleState, RunResultState
from databricks.sdk.service.sql import StatementParameterListItem, StatementState
from databricks.sdk.service.workspace import ExportFormat, ObjectType


@pytest.fixture(scope="module")
def sdk(sandbox):
    return WorkspaceClient(host=sandbox.host, token=sandbox.token)


def test_current_user(sdk):
    me = sdk.current_user.me()
    assert "@" in me.user_name and me.active


def test_clusters(sdk):
    clusters = list(sdk.clusters.list())
    assert len(clusters) >= 3
    assert {State.RUNNING, State.TERMINATED} <= {cluster.state for cluster in clusters}
    one = sdk.clusters.get(clusters[0].cluster_id)
    assert (one.cluster_name, one.spark_version) == (clusters[0].cluster_name, clusters[0].spark_version)
    resting = next(cluster for cluster in clusters if cluster.state is State.TERMINATED)
    started = sdk.clusters.start(resting.cluster_id).result()
    try:
        assert started.state is State.RUNNING and started.start_time > 0
    finally:
        assert sdk.clusters.delete(resting.cluster_id).result().state is State.TERMINATED


def test_jobs(sdk):
    jobs = list(sdk.jobs.list(limit=25))
    assert len({job.job_id for job in jobs}) == len(jobs) > 50, "every page, no job twice"
    named = list(sdk.jobs.list(name="nightly-etl"))
    assert [job.settings.name for job in named] == ["nightly-etl"]
    job = sdk.jobs.get(named[0].job_id)
    assert {task.task_key for task in job.settings.tasks} == {"ingest", "orders", "customers", "publish"}
    run = sdk.jobs.run_now(job.job_id).result()
    assert run.state.life_cycle_state is RunLifeCycleState.TERMINATED
    assert run.state.result_state is RunResultState.SUCCESS
    again = sdk.jobs.get_run(run.run_id)
    assert again.end_time >= again.start_time > 0 and len(again.tasks) == 4


def test_warehouses(sdk, sandbox):
    warehouses = list(sdk.warehouses.list())
    assert sandbox.warehouse_id in [warehouse.id for warehouse in warehouses]
    one = sdk.warehouses.get(sandbox.warehouse_id)
    assert one.name and one.state is not None


def test_statements(sdk, sandbox):
    statements = sdk.statement_execution
    done = statements.execute_statement(
        "SELECT o_orderkey FROM samples.tpch.orders WHERE o_orderkey > :least",
        sandbox.warehouse_id,
        parameters=[StatementParameterListItem("least", type="BIGINT", value="0")],
        wait_timeout="30s",
    )
    assert done.status.state is StatementState.SUCCEEDED
    assert done.manifest.schema.columns[0].name == "o_orderkey"
    rows, chunk = list(done.result.data_array), done.result
    while chunk.next_chunk_index is not None:
        chunk = statements.get_statement_result_chunk_n(done.statement_id, chunk.next_chunk_index)
        rows += chunk.data_array
    assert len(rows) == done.manifest.total_row_count > 0
    assert statements.get_statement(done.statement_id).status.state is StatementState.SUCCEEDED
    failed = statements.execute_statement("SELEC 1", sandbox.warehouse_id)
    assert failed.status.state is StatementState.FAILED and "PARSE_SYNTAX_ERROR" in failed.status.error.message


def test_a_statement_can_be_cancelled(sdk, sandbox):
    statements = sdk.statement_execution
    slow = statements.execute_statement("SELECT sandbox_sleep(300)", sandbox.warehouse_id, wait_timeout="0s")
    assert slow.status.state in (StatementState.PENDING, StatementState.RUNNING)
    statements.cancel_execution(slow.statement_id)
    while (state := statements.get_statement(slow.statement_id).status.state) is StatementState.RUNNING:
        pass
    assert state is StatementState.CANCELED


def test_unity_catalog(sdk):
    assert {"samples", "main"} <= {catalog.name for catalog in sdk.catalogs.list()}
    assert sdk.catalogs.get("samples").name == "samples"
    assert {"nyctaxi", "tpch"} <= {schema.name for schema in sdk.schemas.list("samples")}
    assert sdk.schemas.get("samples.tpch").catalog_name == "samples"
    assert len(list(sdk.tables.list("samples", "tpch", max_results=3))) == 8, "every page"
    trips = sdk.tables.get("samples.nyctaxi.trips")
    columns = {column.name: column.type_text for column in trips.columns}
    assert columns["fare_amount"] == "double" and columns["tpep_pickup_datetime"] == "timestamp"


def test_workspace_tree(sdk):
    objects = list(sdk.workspace.list("/Shared", recursive=True))
    notebook = next(item for item in objects if item.object_type is ObjectType.NOTEBOOK)
    status = sdk.workspace.get_status(notebook.path)
    assert (status.object_id, status.language) == (notebook.object_id, notebook.language)
    exported = sdk.workspace.export(notebook.path, format=ExportFormat.SOURCE)
    assert "Databricks notebook source" in base64.b64decode(exported.content).decode()
    with pytest.raises(NotFound):
        sdk.workspace.get_status("/Shared/nowhere")
