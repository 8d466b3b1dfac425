"""The two sides: the official SDK in this process, and our server with one call of `health`."""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import workspace
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config


@dataclass
class Outcome:
    """The host, auth type and headers of a request, or the reason why none is sent."""

    host: str = ""
    auth_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    error: str = ""
    said: str = ""
    """Everything written, including the log at trace level."""

    @property
    def summary(self) -> tuple:
        return ("refused",) if self.error else (self.host, self.auth_type, self.headers)


def official(flags: dict, environment: dict, folder: Path, called: list | None = None) -> Outcome:
    """Resolves with the SDK. With `called`, makes one call and takes the headers that reached the workspace."""
    before = os.getcwd()
    try:
        os.chdir(folder)
        with mock.patch.dict(os.environ, environment, clear=True):
            config = Config(**flags)
            headers = {name.lower(): value for name, value in config.authenticate().items()}
            if called is not None:
                called.clear()
                WorkspaceClient(config=config).current_user.me()
                headers = dict(called[-1])
                assert headers.pop("host") == config.host
        return Outcome(config.host, config.auth_type, headers)
    except Exception as error:  # noqa: BLE001: any exception is a refusal
        return Outcome(error=f"{type(error).__name__}: {error}")
    finally:
        os.chdir(before)


def ours(flags: dict, environment: dict, folder: Path, seen: list) -> Outcome:
    command = [workspace.binary("databricks-mcp")]
    for name, value in flags.items():
        command += ["--" + name.replace("_", "-"), value]
    shared = {"env": environment, "cwd": folder, "text": True, "timeout": 60}
    told = subprocess.run([*command, "config", "--json"], capture_output=True, **shared)
    config = json.loads(told.stdout or "{}")

    seen.clear()
    # Log everything, so that the test can look for secrets in it.
    environment = environment | {"DATABRICKS_MCP_LOG": "trace"}
    lines = []
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "table", "version": "1"}}
    with tempfile.TemporaryFile("w+") as told_all, subprocess.Popen(
        [*command, "start"],
        env=environment,
        cwd=folder,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=told_all,
    ) as server:

        def send(**message):
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            server.stdin.flush()

        def answer(number):
            for line in server.stdout:
                lines.append(line)
                message = json.loads(line)
                if message.get("id") == number:
                    return message["result"]
            raise AssertionError("the server ended")

        send(id=1, method="initialize", params=hello)
        answer(1)
        send(method="notifications/initialized")
        send(id=2, method="tools/call", params={"name": "health", "arguments": {}})
        health = answer(2)
        # Closing stdin ends the server.
        server.stdin.close()
        server.wait(60)
        told_all.seek(0)
        # Both streams, whole.
        log = told_all.read() + "".join(lines)
    text = "".join(block["text"] for block in health["content"])
    if health.get("isError"):
        assert told.returncode != 0, f"config agrees: {told.stdout}"
        return Outcome(error=text, said=text + log + told.stdout + told.stderr)
    assert told.returncode == 0, f"config agrees: {told.stderr}"
    headers = dict(seen[-1])
    # Ours alone: the id under which the log tells of the call.
    assert headers.pop("x-databricks-mcp-request-id")
    host = headers.pop("host")
    assert config["host"] == host
    return Outcome(host, config["auth_type"], headers, said=text + log + told.stdout + told.stderr)
