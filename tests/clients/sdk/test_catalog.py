"""Unity Catalog: objects, storage and grants."""

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.catalog import (
    AwsIamRoleRequest,
    ConnectionType,
    PermissionsChange,
    Privilege,
    VolumeType,
)


def test_what_is_there(sdk):
    assert {"samples", "main"} <= {catalog.name for catalog in sdk.catalogs.list()}
    assert {"nyctaxi", "tpch"} <= {schema.name for schema in sdk.schemas.list("samples")}
    assert len(sdk.tables.list("samples", "tpch", max_results=3)) == 8, "every page"
    trips = sdk.tables.get("samples.nyctaxi.trips")
    columns = {column.name: column.type_text for column in trips.columns}
    assert columns["fare_amount"] == "double" and columns["tpep_pickup_datetime"] == "timestamp"
    assert sdk.tables.exists("samples.nyctaxi.trips").table_exists
    found = sdk.tables.list_summaries("samples", table_name_pattern="%trips%")
    assert [table.full_name for table in found] == ["samples.nyctaxi.trips"]
    assert sdk.metastores.summary().metastore_id == sdk.metastores.current().metastore_id


def test_catalogs_schemas_and_tables(sdk, fast):
    sdk.catalogs.create("sdk", comment="made here")
    assert sdk.catalogs.update("sdk", comment="changed").comment == "changed"
    assert sdk.catalogs.get("sdk").comment == "changed"
    sdk.schemas.create("inside", "sdk")
    assert sdk.schemas.update("sdk.inside", comment="changed").comment == "changed"
    assert sdk.schemas.get("sdk.inside").catalog_name == "sdk"
    sdk.statement_execution.execute_statement("CREATE TABLE sdk.inside.t (n INT)", fast.warehouse_id)
    assert [table.name for table in sdk.tables.list("sdk", "inside")] == ["t"]
    sdk.tables.delete("sdk.inside.t")
    sdk.schemas.delete("sdk.inside")
    sdk.catalogs.delete("sdk", force=True)
    with pytest.raises(NotFound):
        sdk.catalogs.get("sdk")


def test_volumes(sdk):
    made = sdk.volumes.create("main", "default", "sdk", VolumeType.MANAGED)
    assert sdk.volumes.update(made.full_name, comment="changed").comment == "changed"
    assert sdk.volumes.read(made.full_name).volume_type is VolumeType.MANAGED
    assert "sdk" in [volume.name for volume in sdk.volumes.list("main", "default")]
    sdk.volumes.delete(made.full_name)
    assert "sdk" not in [volume.name for volume in sdk.volumes.list("main", "default")]


def test_functions(sdk):
    [function, *_] = sdk.functions.list("main", "default")
    assert sdk.functions.get(function.full_name).name == function.name


def test_models(sdk):
    name = "main.default.sdk"
    sdk.registered_models.create(catalog_name="main", schema_name="default", name="sdk")
    assert sdk.registered_models.update(name, comment="changed").comment == "changed"
    assert sdk.registered_models.get(name).full_name == name
    assert name in [model.full_name for model in sdk.registered_models.list()]
    sdk.model_versions.list(name)
    sdk.registered_models.delete(name)
    with pytest.raises(NotFound):
        sdk.registered_models.get(name)


def test_connections(sdk):
    sdk.connections.create("sdk", ConnectionType.POSTGRESQL, {"host": "db.example.com", "port": "5432"})
    assert sdk.connections.get("sdk").connection_type is ConnectionType.POSTGRESQL
    sdk.connections.update("sdk", {"host": "other.example.com", "port": "5432"})
    assert "sdk" in [one.name for one in sdk.connections.list()]
    sdk.connections.delete("sdk")
    assert "sdk" not in [one.name for one in sdk.connections.list()]


def test_storage(sdk):
    role = AwsIamRoleRequest(role_arn="arn:aws:iam::123456789012:role/sdk")
    sdk.storage_credentials.create("sdk", aws_iam_role=role)
    assert sdk.storage_credentials.update("sdk", comment="changed").comment == "changed"
    assert sdk.storage_credentials.get("sdk").aws_iam_role.role_arn == role.role_arn
    assert "sdk" in [one.name for one in sdk.storage_credentials.list()]
    sdk.external_locations.create("sdk", "s3://bucket/sdk", "sdk")
    assert sdk.external_locations.update("sdk", comment="changed").comment == "changed"
    assert sdk.external_locations.get("sdk").url == "s3://bucket/sdk"
    assert "sdk" in [one.name for one in sdk.external_locations.list()]
    sdk.external_locations.delete("sdk")
    sdk.storage_credentials.delete("sdk")
    with pytest.raises(NotFound):
        sdk.storage_credentials.get("sdk")


def test_grants(sdk):
    change = PermissionsChange(principal="data-team", add=[Privilege.SELECT])
    sdk.grants.update("table", "samples.nyctaxi.trips", changes=[change])
    granted = sdk.grants.get("table", "samples.nyctaxi.trips").privilege_assignments
    assert [Privilege.SELECT] in [one.privileges for one in granted if one.principal == "data-team"]
    effective = sdk.grants.get_effective("table", "samples.nyctaxi.trips").privilege_assignments
    assert "data-team" in [one.principal for one in effective]
