"""Pipelines, apps, model serving, dashboards, experiments."""

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.apps import App, AppDeployment
from databricks.sdk.service.dashboards import Dashboard
from databricks.sdk.service.ml import ViewType
from databricks.sdk.service.pipelines import NotebookLibrary, PipelineLibrary, UpdateInfoState
from databricks.sdk.service.serving import EndpointCoreConfigInput, ServedEntityInput


def test_pipelines(sdk):
    libraries = [PipelineLibrary(notebook=NotebookLibrary(path="/Shared/etl/ingest"))]
    made = sdk.pipelines.create(name="sdk", libraries=libraries, catalog="main", schema="default").pipeline_id
    sdk.pipelines.update(made, name="renamed", libraries=libraries, catalog="main", schema="default")
    assert sdk.pipelines.get(made).name == "renamed"
    assert made in [one.pipeline_id for one in sdk.pipelines.list_pipelines()]
    update = sdk.pipelines.start_update(made, full_refresh=True).update_id
    shown = sdk.pipelines.get_update(made, update).update
    assert shown.update_id == update and isinstance(shown.state, UpdateInfoState)
    assert update in [one.update_id for one in sdk.pipelines.list_updates(made).updates]
    sdk.pipelines.list_pipeline_events(made)
    sdk.pipelines.stop(made).result()
    sdk.pipelines.delete(made)
    with pytest.raises(NotFound):
        sdk.pipelines.get(made)


def test_apps(sdk):
    sdk.apps.create(App(name="sdk-app", description="made here")).result()
    assert sdk.apps.update("sdk-app", App(name="sdk-app", description="changed")).description == "changed"
    assert sdk.apps.get("sdk-app").description == "changed"
    assert "sdk-app" in [app.name for app in sdk.apps.list()]
    deployed = sdk.apps.deploy("sdk-app", AppDeployment(source_code_path="/Workspace/Shared/app")).result()
    assert sdk.apps.get_deployment("sdk-app", deployed.deployment_id).source_code_path == "/Workspace/Shared/app"
    assert deployed.deployment_id in [one.deployment_id for one in sdk.apps.list_deployments("sdk-app")]
    sdk.apps.stop("sdk-app").result()
    sdk.apps.start("sdk-app").result()
    sdk.apps.delete("sdk-app")


def test_serving(sdk):
    entity = ServedEntityInput(
        entity_name="main.default.churn", entity_version="1", workload_size="Small", scale_to_zero_enabled=True
    )
    config = EndpointCoreConfigInput(name="sdk", served_entities=[entity])
    made = sdk.serving_endpoints.create("sdk", config=config).result()
    assert sdk.serving_endpoints.get("sdk").id == made.id
    assert "sdk" in [one.name for one in sdk.serving_endpoints.list()]
    sdk.serving_endpoints.update_config("sdk", served_entities=[entity]).result()
    sdk.serving_endpoints.delete("sdk")
    with pytest.raises(NotFound):
        sdk.serving_endpoints.get("sdk")


def test_dashboards(sdk, fast):
    made = sdk.lakeview.create(Dashboard(display_name="sdk", serialized_dashboard='{"pages": []}'))
    changed = Dashboard(display_name="renamed", warehouse_id=fast.warehouse_id)
    assert sdk.lakeview.update(made.dashboard_id, changed).display_name == "renamed"
    assert sdk.lakeview.get(made.dashboard_id).display_name == "renamed"
    assert made.dashboard_id in [one.dashboard_id for one in sdk.lakeview.list()]
    sdk.lakeview.publish(made.dashboard_id, warehouse_id=fast.warehouse_id)
    assert sdk.lakeview.get_published(made.dashboard_id).warehouse_id == fast.warehouse_id
    sdk.lakeview.unpublish(made.dashboard_id)
    sdk.lakeview.trash(made.dashboard_id)
    assert made.dashboard_id not in [one.dashboard_id for one in sdk.lakeview.list()]


def test_experiments(sdk):
    made = sdk.experiments.create_experiment("/Users/you@example.com/sdk").experiment_id
    assert sdk.experiments.get_experiment(made).experiment.name == "/Users/you@example.com/sdk"
    assert made in [one.experiment_id for one in sdk.experiments.list_experiments()]
    run = sdk.experiments.create_run(experiment_id=made, run_name="first").run.info.run_id
    sdk.experiments.log_param(run_id=run, key="depth", value="3")
    for step, value in enumerate((0.5, 0.25)):
        sdk.experiments.log_metric("loss", value, 1_700_000_000_000 + step, run_id=run, step=step)
    assert sdk.experiments.get_run(run).run.data.params[0].value == "3"
    assert [one.value for one in sdk.experiments.get_history("loss", run_id=run)] == [0.5, 0.25]
    assert [one.info.run_id for one in sdk.experiments.search_runs(experiment_ids=[made])] == [run]
    found = sdk.experiments.search_experiments(view_type=ViewType.ACTIVE_ONLY)
    assert made in [one.experiment_id for one in found]
    sdk.experiments.delete_run(run)
    sdk.experiments.delete_experiment(made)
