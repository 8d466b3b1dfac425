"""Clusters, their libraries and commands, pools and policies."""

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.compute import (
    AutoScale,
    CommandStatus,
    ContextStatus,
    EventType,
    Language,
    Library,
    LibraryInstallStatus,
    PythonPyPiLibrary,
    ResultType,
    State,
    UpdateClusterResource,
)


@pytest.fixture(scope="module")
def cluster(sdk):
    version = sdk.clusters.select_spark_version(long_term_support=True)
    node = sdk.clusters.select_node_type(min_cores=4)
    made = sdk.clusters.create(version, cluster_name="sdk", node_type_id=node, num_workers=1).result()
    yield made
    sdk.clusters.permanent_delete(made.cluster_id)
    with pytest.raises(NotFound):
        sdk.clusters.get(made.cluster_id)


def test_a_cluster_lives(sdk, cluster):
    id = cluster.cluster_id
    assert cluster.state is State.RUNNING and len(cluster.executors) == 1
    assert id in [listed.cluster_id for listed in sdk.clusters.list()]
    sdk.clusters.pin(id)
    sdk.clusters.unpin(id)
    assert sdk.clusters.resize(id, num_workers=3).result().num_workers == 3
    assert sdk.clusters.restart(id).result().state is State.RUNNING
    change = UpdateClusterResource(autotermination_minutes=30)
    assert sdk.clusters.update(id, "autotermination_minutes", cluster=change).result().autotermination_minutes == 30
    range_ = AutoScale(min_workers=1, max_workers=2)
    sdk.clusters.edit(id, cluster.spark_version, node_type_id=cluster.node_type_id, autoscale=range_).result()
    assert sdk.clusters.get(id).autoscale.max_workers == 2
    assert sdk.clusters.delete(id).result().state is State.TERMINATED
    sdk.clusters.change_owner(id, "other@example.com")
    assert sdk.clusters.get(id).creator_user_name == "other@example.com"
    sdk.clusters.ensure_cluster_is_running(id)
    kinds = [event.type for event in sdk.clusters.events(id, page_size=2)]
    assert kinds[-1] is EventType.CREATING and {EventType.PINNED, EventType.RESTARTING, EventType.EDITED} <= set(kinds)


def test_what_clusters_are_made_of(sdk):
    assert "i3.xlarge" in [node.node_type_id for node in sdk.clusters.list_node_types().node_types]
    assert sdk.clusters.spark_versions().versions and sdk.clusters.list_zones().default_zone


def test_libraries(sdk, cluster):
    pandas = [Library(pypi=PythonPyPiLibrary(package="pandas==2.2.3"))]
    sdk.libraries.install(cluster.cluster_id, pandas)
    [status] = sdk.libraries.cluster_status(cluster.cluster_id)
    assert status.library.pypi.package == "pandas==2.2.3"
    assert cluster.cluster_id in [one.cluster_id for one in sdk.libraries.all_cluster_statuses()]
    sdk.libraries.uninstall(cluster.cluster_id, pandas)
    [status] = sdk.libraries.cluster_status(cluster.cluster_id)
    assert status.status is LibraryInstallStatus.UNINSTALL_ON_RESTART


def test_commands(sdk):
    running = next(one.cluster_id for one in sdk.clusters.list() if one.state is State.RUNNING)
    context = sdk.command_execution.create(cluster_id=running, language=Language.PYTHON).result()
    assert context.status is ContextStatus.RUNNING
    assert sdk.command_execution.context_status(running, context.id).status is ContextStatus.RUNNING
    place = {"cluster_id": running, "context_id": context.id}
    said = sdk.command_execution.execute(**place, language=Language.PYTHON, command='print("hello")').result()
    assert said.results.data == "hello"
    table = sdk.command_execution.execute(**place, language=Language.SQL, command="SELECT 1 AS n, 'a' AS t").result()
    assert (table.results.result_type, table.results.data) == (ResultType.TABLE, [[1, "a"]])
    refused = sdk.command_execution.execute(**place, language=Language.PYTHON, command="import os").result()
    assert refused.results.result_type is ResultType.ERROR and "sandbox runs no python" in refused.results.cause
    command = "SELECT sandbox_sleep(300)"
    slow = sdk.command_execution.execute(**place, language=Language.SQL, command=command).response
    sdk.command_execution.cancel(**place, command_id=slow.id).result()
    assert sdk.command_execution.command_status(running, context.id, slow.id).status is CommandStatus.CANCELLED
    sdk.command_execution.destroy(running, context.id)
    with pytest.raises(NotFound):
        sdk.command_execution.context_status(running, context.id)


def test_pools(sdk):
    pool = sdk.instance_pools.create("sdk", "i3.xlarge", min_idle_instances=2).instance_pool_id
    sdk.instance_pools.edit(pool, "renamed", "i3.xlarge", max_capacity=7)
    shown = sdk.instance_pools.get(pool)
    assert (shown.instance_pool_name, shown.max_capacity) == ("renamed", 7)
    assert pool in [one.instance_pool_id for one in sdk.instance_pools.list()]
    sdk.instance_pools.delete(pool)
    with pytest.raises(NotFound):
        sdk.instance_pools.get(pool)


def test_policies(sdk):
    [family, *_] = sdk.policy_families.list()
    assert sdk.policy_families.get(family.policy_family_id).definition == family.definition
    policy = sdk.cluster_policies.create(name="sdk", definition="{}").policy_id
    sdk.cluster_policies.edit(policy, name="sdk", definition='{"a": {}}', max_clusters_per_user=2)
    assert sdk.cluster_policies.get(policy).max_clusters_per_user == 2
    assert policy in [one.policy_id for one in sdk.cluster_policies.list()]
    sdk.cluster_policies.delete(policy)
    assert policy not in [one.policy_id for one in sdk.cluster_policies.list()]
