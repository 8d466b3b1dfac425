"""One fast sandbox and one client for all, which keeps count of the methods that were used."""

import pytest
import workspace
from databricks.sdk import WorkspaceClient
from recorder import Recorder


@pytest.fixture(scope="session")
def fast(tmp_path_factory):
    """A sandbox whose states move at once: waiting costs the client's pause between two polls, no more."""
    with workspace.sandbox(tmp_path_factory.mktemp("fast"), speed=1000) as running:
        yield running


@pytest.fixture(scope="session")
def sdk(fast):
    return Recorder(WorkspaceClient(host=fast.host, token=fast.token))


def pytest_collection_modifyitems(items):
    """The count comes after what it counts."""
    items.sort(key=lambda item: item.path.name == "test_count.py")
