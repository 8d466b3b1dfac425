"""Registered models of Unity Catalog, the workspace's model registry, and quality monitors."""

from databricks.sdk.service.dataquality import AnomalyDetectionConfig, Monitor, Refresh


def test_a_registered_model_and_its_aliases(sdk):
    made = sdk.registered_models.create(catalog_name="main", schema_name="default", name="sdk", comment="first")
    assert made.full_name == "main.default.sdk"
    assert sdk.registered_models.update(made.full_name, comment="second").comment == "second"
    assert made.full_name in [one.full_name for one in sdk.registered_models.list()]
    sdk.registered_models.delete(made.full_name)
    churn = "main.default.churn"
    assert {one.version for one in sdk.model_versions.list(churn)} == {1, 2}
    assert sdk.model_versions.get(churn, 2).run_id
    assert sdk.registered_models.set_alias(churn, "sdk", 1).version_num == 1
    assert "sdk" in [alias.alias_name for alias in sdk.registered_models.get(churn).aliases]
    sdk.registered_models.delete_alias(churn, "sdk")
    assert "sdk" not in [alias.alias_name for alias in sdk.registered_models.get(churn).aliases]


def test_a_model_of_the_workspace_moves_to_a_stage(sdk):
    registry = sdk.model_registry
    registry.create_model("sdk", description="first")
    version = registry.create_model_version("sdk", "dbfs:/sdk/1").model_version
    assert (version.version, version.current_stage) == ("1", "None")
    moved = registry.transition_stage("sdk", "1", "Staging", False).model_version_databricks
    assert str(moved.current_stage).endswith("Staging")
    registry.update_model_version("sdk", "1", description="better")
    assert registry.get_model_version("sdk", "1").model_version.description == "better"
    registry.rename_model("sdk", new_name="sdk2")
    assert [one.version for one in registry.search_model_versions(filter="name = 'sdk2'")] == ["1"]
    assert registry.get_model("sdk2").registered_model_databricks.name == "sdk2"
    registry.delete_model_version("sdk2", "1")
    registry.delete_model("sdk2")
    assert "sdk2" not in [model.name for model in registry.search_models()]


def test_a_monitor_of_a_schema(sdk):
    schema = sdk.schemas.get("main.default").schema_id
    monitor = Monitor(object_type="schema", object_id=schema, anomaly_detection_config=AnomalyDetectionConfig())
    sdk.data_quality.create_monitor(monitor)
    assert sdk.data_quality.get_monitor("schema", schema).object_id == schema
    run = sdk.data_quality.create_refresh("schema", schema, Refresh(object_type="schema", object_id=schema))
    assert run.refresh_id in [one.refresh_id for one in sdk.data_quality.list_refresh("schema", schema)]
    sdk.data_quality.delete_monitor("schema", schema)
    assert schema not in [one.object_id for one in sdk.data_quality.list_monitor()]
