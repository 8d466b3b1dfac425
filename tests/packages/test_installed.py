"""What each way of installing brings answers its version, and official clients list tools through it."""

import json
import os
import signal
import subprocess

import anyio
import pytest
from conftest import TARGET, clean, run
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from pack import project

# A limit that only a hang reaches.
PATIENCE = 120
TOOLS = 17
INSPECTOR = "npm/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"


def test_it_answers_its_version(installed, tmp_path):
    environment = {**clean(), "HOME": str(tmp_path)}
    for ask in (["version"], ["--version"]):
        assert run([installed, *ask], env=environment).split()[:2] == ["databricks-mcp", project.VERSION]


@pytest.mark.anyio
async def test_the_python_client_lists_tools(installed, tmp_path):
    environment = {**clean(), "HOME": str(tmp_path)}
    server = StdioServerParameters(command=str(installed), args=["start"], env=environment, cwd=tmp_path)
    with anyio.fail_after(PATIENCE), (tmp_path / "log").open("w") as errors:
        async with Client(stdio_client(server, errlog=errors)) as client:
            assert len((await client.list_tools()).tools) >= TOOLS


def test_the_typescript_client_lists_tools(installed, tmp_path):
    clients = TARGET / "clients"
    command = [clients / "node", clients / INSPECTOR, "--cli", "--format", "json", "--quiet"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    told = run([*command, "--method", "tools/list", "--", installed, "start"], env=environment, cwd=tmp_path)
    assert len(json.loads(told)["result"]["tools"]) >= TOOLS


def test_its_end_is_that_of_the_server(installed, tmp_path):
    environment = {**clean(), "HOME": str(tmp_path)}
    wrong = subprocess.run([installed, "no-such-command"], capture_output=True, text=True, env=environment)
    assert wrong.returncode == 2 and "no-such-command" in wrong.stderr
    # A client that closes stdin ends the server, and a signal does.
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    for end in (lambda server: server.stdin.close(), lambda server: server.send_signal(signal.SIGTERM)):
        with subprocess.Popen([installed, "start"], env=environment, cwd=tmp_path, **options) as server:
            ask = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
            server.stdin.write((json.dumps(ask) + "\n").encode())
            server.stdin.flush()
            assert json.loads(server.stdout.readline())["id"] == 1
            end(server)
            assert server.wait(PATIENCE) == 0
