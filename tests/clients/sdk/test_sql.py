"""Statements, warehouses, saved queries."""

from databricks.sdk.service.sql import (
    CreateQueryRequestQuery,
    StatementParameterListItem,
    StatementState,
    UpdateQueryRequestQuery,
)


def test_warehouses(sdk, fast):
    assert fast.warehouse_id in [warehouse.id for warehouse in sdk.warehouses.list()]
    one = sdk.warehouses.get(fast.warehouse_id)
    assert one.name and one.state is not None


def test_statements(sdk, fast):
    done = sdk.statement_execution.execute_statement(
        "SELECT o_orderkey FROM samples.tpch.orders WHERE o_orderkey > :least",
        fast.warehouse_id,
        parameters=[StatementParameterListItem("least", type="BIGINT", value="0")],
        wait_timeout="30s",
    )
    assert done.status.state is StatementState.SUCCEEDED
    assert done.manifest.schema.columns[0].name == "o_orderkey"
    rows, chunk = list(done.result.data_array), done.result
    while chunk.next_chunk_index is not None:
        chunk = sdk.statement_execution.get_statement_result_chunk_n(done.statement_id, chunk.next_chunk_index)
        rows += chunk.data_array
    assert len(rows) == done.manifest.total_row_count > 0
    assert sdk.statement_execution.get_statement(done.statement_id).status.state is StatementState.SUCCEEDED
    failed = sdk.statement_execution.execute_statement("SELEC 1", fast.warehouse_id)
    assert failed.status.state is StatementState.FAILED and "PARSE_SYNTAX_ERROR" in failed.status.error.message


def test_a_statement_can_be_cancelled(sdk, fast):
    slow = sdk.statement_execution.execute_statement("SELECT sandbox_sleep(300)", fast.warehouse_id, wait_timeout="0s")
    assert slow.status.state in (StatementState.PENDING, StatementState.RUNNING)
    sdk.statement_execution.cancel_execution(slow.statement_id)
    while (state := sdk.statement_execution.get_statement(slow.statement_id).status.state) is StatementState.RUNNING:
        pass
    assert state is StatementState.CANCELED


def test_queries(sdk):
    made = sdk.queries.create(query=CreateQueryRequestQuery(display_name="sdk", query_text="SELECT 1"))
    sdk.queries.update(made.id, "display_name", query=UpdateQueryRequestQuery(display_name="renamed"))
    shown = sdk.queries.get(made.id)
    assert (shown.display_name, shown.query_text) == ("renamed", "SELECT 1")
    assert made.id in [one.id for one in sdk.queries.list()]
    sdk.queries.delete(made.id)
    assert made.id not in [one.id for one in sdk.queries.list()]
