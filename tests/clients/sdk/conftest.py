"""One fast sandbox and one client for all tests, with a count of the methods used."""

import pytest
import workspace
from databricks.sdk import WorkspaceClient
from recorder import Recorder


@pytest.fixture(scope="session")
def fast(tmp_path_factory):
    """A sandbox whose states change at once: a wait costs only the client's pause between two polls."""
    with workspace.sandbox(tmp_path_factory.mktemp("fast"), speed=1000) as running:
        yield running


@pytest.fixture(scope="session")
def sdk(fast):
    return Recorder(WorkspaceClient(host=fast.host, token=fast.token))


def pytest_collection_modifyitems(items):
    """Runs the count after the tests it counts."""
    items.sort(key=lambda item: item.path.name == "test_count.py")
