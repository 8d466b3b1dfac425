"""The MCP inspector's command line drives the server in both protocol eras."""

import json
import os
import subprocess

import pytest
import workspace

CLI = workspace.CLIENTS / "npm/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"


@pytest.fixture(params=["legacy", "modern"])
def inspect(request, sandbox, tmp_path):
    """Runs the inspector with these arguments."""

    def run(*arguments):
        variables = [f"{name}={value}" for name, value in sandbox.variables.items()]
        command = [str(workspace.CLIENTS / "node"), str(CLI), "--cli", "--protocol-era", request.param]
        command += ["--format", "json", "--quiet", *arguments]
        command += [option for variable in variables for option in ("-e", variable)]
        command += ["--", workspace.binary("databricks-mcp"), "start"]
        # The inspector writes a catalog of servers to the home folder.
        home = {**os.environ, "HOME": str(tmp_path)}
        return subprocess.run(command, capture_output=True, text=True, env=home, timeout=120)

    return run


def test_strict_finds_no_error_in_the_schemas(inspect):
    done = inspect("--method", "tools/list", "--strict")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["result"]["tools"]) >= 17


def test_a_call_is_answered(inspect):
    arguments = json.dumps({"statement": "SELECT count(*) AS n FROM samples.tpch.region"})
    done = inspect("--method", "tools/call", "--tool-name", "execute_sql", "--tool-args-json", arguments)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["result"]["structuredContent"]["rows"] == [[5]]


def test_a_failed_call_is_a_tool_error(inspect):
    arguments = json.dumps({"job_id": 1})
    done = inspect("--method", "tools/call", "--tool-name", "get_job", "--tool-args-json", arguments)
    # 5 is the inspector's code for a tool error; a protocol error has another.
    assert done.returncode == 5, (done.returncode, done.stderr)
