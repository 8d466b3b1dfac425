"""Creating warehouses, alerts, the query history."""

from databricks.sdk.service.sql import (
    AlertV2,
    AlertV2Evaluation,
    AlertV2Operand,
    AlertV2OperandColumn,
    AlertV2OperandValue,
    ComparisonOperator,
    CronSchedule,
    QueryFilter,
    State,
)


def test_a_warehouse_runs_stops_and_is_gone(sdk):
    made = sdk.warehouses.create_and_wait(name="sdk", cluster_size="Small", auto_stop_mins=10, max_num_clusters=1)
    assert made.state is State.RUNNING
    sdk.warehouses.edit(made.id, name="renamed", cluster_size="Medium", max_num_clusters=1, auto_stop_mins=5)
    assert sdk.warehouses.get(made.id).cluster_size == "Medium"
    sdk.statement_execution.execute_statement("SELECT 1", made.id, wait_timeout="30s")
    history = sdk.query_history.list(filter_by=QueryFilter(warehouse_ids=[made.id])).res
    assert [one.query_text for one in history] == ["SELECT 1"]
    assert sdk.warehouses.stop_and_wait(made.id).state is State.STOPPED
    assert sdk.warehouses.start_and_wait(made.id).state is State.RUNNING
    sdk.warehouses.delete(made.id)
    assert made.id not in [one.id for one in sdk.warehouses.list()]


def test_alerts(sdk, fast):
    alert = AlertV2(
        display_name="sdk",
        query_text="SELECT 1 AS n",
        warehouse_id=fast.warehouse_id,
        evaluation=AlertV2Evaluation(
            source=AlertV2OperandColumn(name="n"),
            comparison_operator=ComparisonOperator.GREATER_THAN,
            threshold=AlertV2Operand(value=AlertV2OperandValue(double_value=5)),
        ),
        schedule=CronSchedule(quartz_cron_schedule="0 0 * * * ?", timezone_id="UTC"),
    )
    made = sdk.alerts_v2.create_alert(alert)
    made.display_name = "renamed"
    assert sdk.alerts_v2.update_alert(made.id, made, "display_name").display_name == "renamed"
    assert sdk.alerts_v2.get_alert(made.id).evaluation.threshold.value.double_value == 5
    sdk.alerts_v2.trash_alert(made.id)
    assert made.id not in [one.id for one in sdk.alerts_v2.list_alerts()]
