"""The official Python client drives the server over stdio and over HTTP, in both eras of the protocol."""

import warnings
import contextlib
import json
import subprocess
import time

import anyio
import jsonschema
import pytest
import workspace
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ElicitResult
from tour import TOUR

pytestmark = pytest.mark.anyio

QUERY = (
    "SELECT pickup_zip, count(*) AS n, avg(fare_amount) FROM samples.nyctaxi.trips GROUP BY 1 ORDER BY n DESC LIMIT 5"
)
# A limit that only a hang reaches.
PATIENCE = 120
# The era given to the client, and the version it then negotiates.
ERAS = {"legacy": "2025-11-25", "auto": "2026-07-28"}


@pytest.fixture(params=[(era, transport) for transport in ("stdio", "http") for era in ERAS], ids="-".join)
def connect(request, sandbox, tmp_path):
    """Opens a client of one era over one transport; `connect.log` is what the server wrote to stderr."""
    era, transport = request.param
    log = tmp_path / "server.log"

    @contextlib.asynccontextmanager
    async def open_client(**options):
        with anyio.fail_after(PATIENCE), log.open("w") as errors:
            if transport == "http":
                place = served(sandbox, log, errors, request)
            else:
                server = StdioServerParameters(
                    command=workspace.binary("databricks-mcp"), args=["start"], env=sandbox.variables
                )
                place = stdio_client(server, errlog=errors)
            async with Client(place, mode=era, **options) as client:
                assert client.protocol_version == ERAS[era]
                yield client

    open_client.log = log
    return open_client


def served(sandbox, log, errors, request):
    """The URL of a server that serves over HTTP until the test ends."""
    process = subprocess.Popen(
        [workspace.binary("databricks-mcp"), "serve", "--listen", "127.0.0.1:0"], env=sandbox.variables, stderr=errors
    )
    request.addfinalizer(process.wait)
    request.addfinalizer(process.terminate)
    while process.poll() is None:
        said = [json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]
        for line in said:
            if line["message"] == "listening":
                return line["url"]
        time.sleep(0.02)
    raise AssertionError(log.read_text())


async def call(client, tool, arguments=None, **options):
    """The structured content of a call that must succeed. The client validates it against the output schema."""
    result = await client.call_tool(tool, arguments or {}, **options)
    assert not result.is_error, result.content
    assert "".join(getattr(block, "text", "") for block in result.content), "the text is complete on its own"
    return result.structured_content


async def test_the_schemas_of_all_tools_are_schemas(connect):
    async with connect() as client:
        listed = await client.list_tools()
        assert listed.next_cursor is None
        assert len(listed.tools) >= 17
        for tool in listed.tools:
            for schema in (tool.input_schema, tool.output_schema):
                jsonschema.Draft202012Validator.check_schema(schema)
                assert schema["type"] == "object", tool.name
            assert tool.description and tool.annotations.read_only_hint is not None


async def test_sql_gives_the_numbers_of_the_workspace(connect, sandbox):
    body = {"statement": QUERY, "warehouse_id": sandbox.warehouse_id, "wait_timeout": "30s"}
    direct = sandbox.rest("POST", "/api/2.0/sql/statements/", json=body)["result"]["data_array"]
    expected = [[int(zip), int(count), float(fare)] for zip, count, fare in direct]
    assert len(expected) == 5 and expected[0][1] > expected[4][1] > 0
    async with connect() as client:
        answer = await call(client, "execute_sql", {"statement": QUERY})
    assert answer["rows"] == expected
    assert [column["name"] for column in answer["columns"]][:2] == ["pickup_zip", "n"]
    assert (answer["total_rows"], answer["truncated"]) == (5, False)


async def test_every_tool_answers_by_its_output_schema(connect, sandbox):
    answers = {}
    async with connect() as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        for name, arguments in TOUR:
            answers[name] = await call(client, name, arguments(answers))
            jsonschema.Draft202012Validator(tools[name].output_schema).validate(answers[name])
    untried = set(tools) - set(answers)
    if untried:
        # A new tool needs no line in the tour.
        warnings.warn(f"not in tour.py: {sorted(untried)}")
    assert answers["health"]["warehouse"]["id"] == sandbox.warehouse_id
    shown, more = answers["execute_sql"], answers["get_statement"]
    assert (len(shown["rows"]), len(more["rows"])) == (3, shown["total_rows"] - 3)
    assert "fare_amount" in [column["name"] for column in answers["get_table"]["columns"]]
    assert len(answers["list_jobs"]["jobs"]) == 3 and answers["list_jobs"]["next_cursor"]
    assert answers["get_run"]["result"] == "SUCCESS"
    assert answers["get_run"]["run_id"] in [run["run_id"] for run in answers["list_job_runs"]["runs"]]
    assert answers["export_notebook"]["content"] == "# Databricks notebook source\nprint(1)\n"
    assert answers["start_cluster"]["state"] == "RUNNING"
    assert answers["terminate_cluster"]["state"] == "TERMINATED"


async def test_run_job_tells_how_it_goes(connect):
    told = []

    async def progress(value, total, message):
        told.append((value, message))

    async with connect() as client:
        job = (await call(client, "list_jobs", {"name": "nightly-etl"}))["jobs"][0]["id"]
        run = await call(client, "run_job", {"job_id": job}, progress_callback=progress)
    assert run["result"] == "SUCCESS" and len(run["tasks"]) == 4
    values = [value for value, _ in told]
    assert values == sorted(set(values)), "progress only grows"
    assert any("of 4 tasks" in message for _, message in told), told


@pytest.mark.parametrize("agrees", [True, False])
async def test_the_user_is_asked_before_something_is_deleted(connect, sandbox, agrees):
    questions = []
    folder = "/Shared/of-the-questions"

    async def answer(context, params):
        questions.append((params.message, list(params.requested_schema["properties"])))
        return ElicitResult(action="accept", content={"confirm": True}) if agrees else ElicitResult(action="decline")

    async with connect(elicitation_callback=answer) as client:
        await call(client, "create_workspace_directory", {"path": folder})
        deleted = await client.call_tool("delete_workspace_object", {"path": folder})
        there = await client.call_tool("get_workspace_file_info", {"path": folder})
    assert questions == [(f"Delete {folder} from the workspace?", ["confirm"])]
    assert (deleted.is_error, there.is_error) == (not agrees, agrees), deleted.content
    if not agrees:
        assert deleted.content[0].text.startswith("declined: "), deleted.content


async def test_what_fails_upstream_is_an_error(connect):
    async with connect() as client:
        statement = await client.call_tool("execute_sql", {"statement": "SELECT * FROM nope"})
        job = (await call(client, "list_jobs", {"name": "customer-churn-model"}))["jobs"][0]["id"]
        run = await client.call_tool("run_job", {"job_id": job})
    assert statement.is_error and "TABLE_OR_VIEW_NOT_FOUND" in statement.content[0].text
    assert run.is_error and "FAILED" in run.content[0].text


@pytest.mark.parametrize("when", ["before the statement has an id", "while it runs"])
async def test_a_cancelled_call_cancels_the_statement(connect, sandbox, when):
    call_tool = {"name": "execute_sql", "arguments": {"statement": "SELECT sandbox_sleep(300)"}}
    running = anyio.Event()

    async def progress(*_):
        running.set()

    if when == "while it runs":
        call_tool["progress_callback"] = progress
    else:
        running.set()
    async with connect() as client:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: client.call_tool(**call_tool))
            await running.wait()
            # The answer to a later request proves that the earlier one has been read.
            await call(client, "health")
            group.cancel_scope.cancel()
        # Only the server knows the statement's id; it logs the cancellation.
        while not (cancelled := stopped_statements(connect.log)):
            await anyio.sleep(0.05)
        assert len(cancelled) == 1
        await until(sandbox, f"/api/2.0/sql/statements/{cancelled[0]}", "status.state", "CANCELED")


def stopped_statements(log):
    """The statements that the server has logged as cancelled."""
    text = log.read_text()
    whole = text[: text.rfind("\n") + 1]
    lines = [json.loads(line) for line in whole.splitlines()]
    return [line["what"].split()[-1] for line in lines if line["message"] == "cancelled upstream"]


async def test_32_calls_at_once_are_all_answered_each_with_its_own(connect):
    answers = {}

    async with connect() as client:

        async def ask(number):
            answer = await call(client, "execute_sql", {"statement": "SELECT :n AS n", "parameters": {"n": number}})
            answers[number] = answer["rows"]

        async with anyio.create_task_group() as group:
            for number in range(32):
                group.start_soon(ask, number)
    assert answers == {number: [[number]] for number in range(32)}


async def until(sandbox, path, field, wanted):
    """Polls the sandbox until the field has the wanted value, or fails."""
    with anyio.fail_after(PATIENCE):
        while True:
            found = await anyio.to_thread.run_sync(lambda: sandbox.rest("GET", path))
            for key in field.split("."):
                found = found[key]
            if found == wanted:
                return
            await anyio.sleep(0.05)
