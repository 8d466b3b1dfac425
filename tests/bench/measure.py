"""Measures the release build of the server against the sandbox; prints a markdown table."""

import http.client
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import tempfile
import time
import urllib.parse

import waits
import workspace

STARTS = 20
WARM_UP = 100
CALLS = 1000
IN_FLIGHT = 32
CALLS_IN_FLIGHT = 2000
ROUNDS = 5
# A tool with one upstream request, to the sandbox's cheapest answer.
TOOL = "health"
UPSTREAM = "/api/2.0/preview/scim/v2/Me"

SERVER = workspace.binary("databricks-mcp", "release")
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
}
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


class Server:
    """A server driven by raw lines, because a client library would add to the measurement."""

    def __init__(self, variables):
        env = {"DATABRICKS_MCP_LOG": "error", **variables}
        self.process = subprocess.Popen([SERVER, "start"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)

    def send(self, method, params, id=None):
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if id is not None:
            message["id"] = id
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self):
        return json.loads(self.process.stdout.readline())

    def call(self, id):
        self.send("tools/call", {"name": TOOL, "arguments": {}, "_meta": META}, id)

    def checked(self):
        answer = self.receive()
        if answer["result"]["isError"]:
            raise RuntimeError(answer["result"]["content"][0]["text"])
        return answer["id"]

    def list_alone(self):
        self.send("tools/list", {"_meta": META}, 1)
        return self.receive()["result"]["tools"]

    def list_in_session(self):
        self.send("initialize", HELLO, 0)
        self.receive()
        self.send("notifications/initialized", {})
        self.send("tools/list", {}, 1)
        return self.receive()["result"]["tools"]

    def memory(self, field):
        """Kilobytes, or None if the system does not report them."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return None
        return int(re.search(rf"^{field}:\s+(\d+) kB", status.read_text(), re.MULTILINE)[1])


def starts(listing):
    times = []
    for _ in range(STARTS):
        begin = time.perf_counter()
        with Server({}) as server:
            listing(server)
            times.append(time.perf_counter() - begin)
    return times


def latencies(do):
    for _ in range(WARM_UP):
        do()
    times = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        do()
        times.append(time.perf_counter() - begin)
    return times


def throughput(server):
    """Calls per second."""
    answered = set()
    begin = time.perf_counter()
    for id in range(IN_FLIGHT):
        server.call(id)
    for id in range(IN_FLIGHT, CALLS_IN_FLIGHT + IN_FLIGHT):
        answered.add(server.checked())
        if id < CALLS_IN_FLIGHT:
            server.call(id)
    seconds = time.perf_counter() - begin
    if len(answered) != CALLS_IN_FLIGHT:
        raise RuntimeError(f"{CALLS_IN_FLIGHT} calls, {len(answered)} answers")
    return CALLS_IN_FLIGHT / seconds


def asking(sandbox):
    """The tool's upstream request, sent directly over one connection."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(sandbox.host).netloc)

    def ask():
        connection.request("GET", UPSTREAM, headers={"Authorization": f"Bearer {sandbox.token}"})
        answer = connection.getresponse()
        if answer.status != 200 or not answer.read():
            raise RuntimeError(f"the sandbox answers {answer.status}")

    return ask


def tokens():
    """The token count of the default tools in the o200k vocabulary."""
    command = [workspace.binary("databricks-mcp-tokens"), "default"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def milliseconds(times):
    ordered = sorted(times)
    p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    return f"p50 {p50 * 1000:.2f} ms, p99 {p99 * 1000:.2f} ms"


def spread(times):
    return f"median {statistics.median(times) * 1000:.1f} ms ({min(times) * 1000:.1f} to {max(times) * 1000:.1f})"


def rows():
    yield "binary", f"{pathlib.Path(SERVER).stat().st_size / 1e6:.1f} MB"
    yield f"start to tools/list, 2026-07-28, {STARTS} starts", spread(starts(Server.list_alone))
    yield f"start to tools/list, 2025-11-25, {STARTS} starts", spread(starts(Server.list_in_session))
    with Server({}) as server:
        tools = server.list_alone()
        for field, what in (("VmRSS", "memory after tools/list"), ("VmHWM", "memory after tools/list, peak")):
            kilobytes = server.memory(field)
            yield f"{what} ({field})", "not reported by this system" if kilobytes is None else f"{kilobytes / 1024:.1f} MiB"
    yield "tools", str(len(tools))
    yield "tokens a model sees (name, description, inputSchema)", tokens()
    yield from waits.rows(Server, META)
    with tempfile.TemporaryDirectory() as folder, workspace.sandbox(pathlib.Path(folder)) as sandbox:
        yield "the sandbox alone over HTTP", milliseconds(latencies(asking(sandbox)))
        variables = {name: sandbox.variables[name] for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN")}
        with Server(variables) as server:
            server.list_alone()

            def one():
                server.call(7)
                server.checked()

            yield f"`{TOOL}` through the server, one after another", milliseconds(latencies(one))
            rates = [throughput(server) for _ in range(ROUNDS)]
            rate = f"median {statistics.median(rates):,.0f} calls/s ({min(rates):,.0f} to {max(rates):,.0f})"
            yield f"`{TOOL}` through the server, {IN_FLIGHT} in flight, {ROUNDS} rounds of {CALLS_IN_FLIGHT:,}", rate


def main():
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    print(f"\n{machine}, load {os.getloadavg()[0]:.1f} before; the sandbox is a debug build\n")
    print("| | |\n|---|---|")
    for what, figure in rows():
        print(f"| {what} | {figure} |", flush=True)


if __name__ == "__main__":
    main()
