"""Shared parts of the tests: one sandbox for all, and the summary line at the end."""

import pytest
import workspace


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    with workspace.sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def anyio_backend():
    return "asyncio"


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    passed, failed, broken = (len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error"))
    print(f"{passed} passed, {failed + broken} failed")
