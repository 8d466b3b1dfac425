"""A sandbox with `--allow-python` runs commands and notebooks for real; the server reaches them over stdio."""

import base64
import contextlib
import os
import time

import anyio
import pytest
import workspace
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

pytestmark = pytest.mark.anyio

PATIENCE = 120
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
CLUSTER = "0412-081530-k2v9x1ab"
NOTEBOOK = """# Databricks notebook source
# MAGIC %md
# MAGIC # Counts

# COMMAND ----------

dbutils.widgets.text("least", "0")
least = int(dbutils.widgets.get("least"))

# COMMAND ----------

# MAGIC %sql
# MAGIC CREATE OR REPLACE TABLE main.default.counted AS SELECT 1 AS n UNION ALL SELECT 5

# COMMAND ----------

rows = spark.sql("SELECT n FROM main.default.counted WHERE n > :least ORDER BY n", {"least": least}).collect()
dbutils.notebook.exit(",".join(str(row.n) for row in rows))

# COMMAND ----------

raise RuntimeError("never reached")
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("python")
    with workspace.sandbox(folder, speed=1000, flags=("--allow-python",)) as running:
        yield running


@pytest.fixture
def connect(tmp_path):
    @contextlib.asynccontextmanager
    async def open_client(sandbox):
        variables = {**sandbox.variables, "DATABRICKS_MCP_TOOLSETS": "all"}
        server = StdioServerParameters(command=workspace.binary("databricks-mcp"), args=["start"], env=variables)
        with anyio.fail_after(PATIENCE), (tmp_path / "server.log").open("w") as errors:
            async with Client(stdio_client(server, errlog=errors)) as client:
                yield client

    return open_client


async def call(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


def put(sandbox, path, source):
    content = base64.b64encode(source.encode()).decode()
    body = {"path": path, "format": "SOURCE", "language": "PYTHON", "content": content, "overwrite": True}
    sandbox.rest("POST", "/api/2.0/workspace/import", json=body)


def living():
    """The interpreters that run the sandbox's shim."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if b"SANDBOX_WAREHOUSE_ID" in open(f"/proc/{process}/cmdline", "rb").read():
                found.append(int(process))
    return found


def until(done):
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


async def test_a_notebook_runs_and_its_exit_value_comes_back(running, connect):
    put(running, "/Shared/counts", NOTEBOOK)
    put(running, "/Shared/outer", '# Databricks notebook source\ndbutils.notebook.exit("got " + dbutils.notebook.run("/Shared/counts", 60, {"least": "0"}))\n')
    async with connect(running) as client:
        ran = await call(client, "run_notebook", notebook_path="/Shared/counts", base_parameters={"least": "3"})
        assert (ran["result"], ran["tasks"][0]["notebook_result"]) == ("SUCCESS", "5")
        ran = await call(client, "run_notebook", notebook_path="/Shared/outer")
        assert ran["tasks"][0]["notebook_result"] == "got 1,5"


async def test_a_notebook_that_fails_is_diagnosed_by_its_line(running, connect):
    put(running, "/Shared/broken", "# Databricks notebook source\noffices = {}\nprint(offices['south'])\n")
    async with connect(running) as client:
        failed = await client.call_tool("run_notebook", {"notebook_path": "/Shared/broken"})
        assert failed.is_error and "KeyError: 'south'" in failed.content[0].text
        runs = await call(client, "list_job_runs", limit=1)
        diagnosis = await call(client, "diagnose_run", run_id=runs["runs"][0]["run_id"])
        first = diagnosis["failures"][0]
        assert (first["class"], first["cause"]) == ("code", "KeyError: 'south'")
        assert "offices['south']" in first["line"]


async def test_what_a_command_draws_is_shown_as_an_image(running, connect):
    draw = f"class Plot:\n    def _repr_png_(self):\n        return {PNG!r}\n"
    async with connect(running) as client:
        one = await client.call_tool("execute_command_simple", {"cluster_id": CLUSTER, "command": draw + "display(Plot())"})
        assert not one.is_error
        assert [(part.mime_type, base64.b64decode(part.data)) for part in one.content if part.type == "image"] == [("image/png", PNG)]
        assert base64.b64encode(PNG).decode() not in str(one.structured_content)
        two = await client.call_tool("execute_command_simple", {"cluster_id": CLUSTER, "command": draw + "display(Plot())\nPlot()"})
        assert sum(part.type == "image" for part in two.content) == 2


async def test_a_notebook_of_a_git_folder_runs_from_a_branch_and_from_a_tag(running, connect):
    async with connect(running) as client:
        repos = await call(client, "list_repos", path_prefix="/Repos/shared")
        repo = repos["repos"][0]["id"]
        for reference in ({"branch": "dev"}, {"tag": "v1.2"}):
            ran = await call(client, "sync_repo_and_run_notebook", repo_id=repo, notebook_path="notebooks/main", **reference)
            assert ran["tasks"][0]["notebook_result"] == f"ran {next(iter(reference.values()))}"


async def test_tasks_that_depend_on_a_notebook_wait_for_its_end(running, connect):
    put(running, "/Shared/first", '# Databricks notebook source\nspark.sql("CREATE TABLE main.default.chained AS SELECT 7 AS n")\n')
    put(running, "/Shared/second", '# Databricks notebook source\ndbutils.notebook.exit(spark.table("main.default.chained").first()["n"])\n')
    tasks = [
        {"task_key": "one", "notebook_task": {"notebook_path": "/Shared/first"}},
        {"task_key": "two", "notebook_task": {"notebook_path": "/Shared/second"}, "depends_on": [{"task_key": "one"}]},
    ]
    async with connect(running) as client:
        run = await call(client, "submit_run", run_name="chain", tasks=tasks)
        assert run["result"] == "SUCCESS"
        output = await call(client, "get_run_output", run_id=run["run_id"])
        assert "7" in str(output)


async def test_a_context_keeps_its_variables(running, connect):
    async with connect(running) as client:
        context = (await call(client, "create_execution_context", cluster_id=CLUSTER))["id"]

        async def run(command):
            return await call(client, "execute_command", cluster_id=CLUSTER, context_id=context, command=command)

        assert not (await run("import math\nside = 4")).get("data")
        assert (await run("side * math.ceil(1.5)"))["data"] == "8"
        assert (await run("import os\nos.write(1, b'noise')\nprint('kept')"))["data"] == "kept"
        shown = await run("display(spark.sql('SELECT 1 AS one, true AS yes, CAST(2.5 AS DECIMAL(3,1)) AS part'))")
        assert (shown["type"], shown["data"]) == ("table", [[1, True, "2.5"]])
        failed = await client.call_tool(
            "execute_command", {"cluster_id": CLUSTER, "context_id": context, "command": "1 / 0"}
        )
        assert failed.is_error and "ZeroDivisionError" in failed.content[0].text
        assert (await run("side"))["data"] == "4"
        missing = await client.call_tool(
            "execute_command", {"cluster_id": CLUSTER, "context_id": context, "command": "import pyspark"}
        )
        assert missing.is_error and "not pyspark" in missing.content[0].text
        flood = await run("print('x' * 30_000_000)")
        assert len(flood["data"]) < 100_000 and "truncated" in str(flood)
        ended = await client.call_tool(
            "execute_command", {"cluster_id": CLUSTER, "context_id": context, "command": "os._exit(3)"}
        )
        assert ended.is_error and "interpreter has ended" in ended.content[0].text
        assert (await run("'anew'"))["data"] == "'anew'"
        await call(client, "destroy_execution_context", cluster_id=CLUSTER, context_id=context, confirm=True)


async def test_files_and_pandas(running, connect):
    async with connect(running) as client:
        done = await call(
            client,
            "execute_command_simple",
            cluster_id=CLUSTER,
            command="dbutils.fs.put('dbfs:/tmp/hello.txt', 'hello', True)\n"
            "print([one.name for one in dbutils.fs.ls('dbfs:/tmp')], dbutils.fs.head('dbfs:/tmp/hello.txt'))",
        )
        assert done["data"].splitlines()[-1] == "['hello.txt'] hello"
        pandas = await client.call_tool(
            "execute_command_simple",
            {"cluster_id": CLUSTER, "command": "len(spark.sql('SELECT 1 AS one').toPandas())"},
        )
        assert ("No module named 'pandas'" if pandas.is_error else "1") in pandas.content[0].text


async def test_what_runs_is_killed_by_a_cancel_a_destroy_and_the_end(connect, tmp_path):
    if not os.path.isdir("/proc"):
        pytest.skip("needs /proc to see processes")
    others = set(living())
    mine = lambda: set(living()) - others
    endless = "while True:\n    pass"
    with workspace.sandbox(tmp_path, speed=1000, flags=("--allow-python",)) as sandbox:

        def rest(path, **body):
            return sandbox.rest("POST", "/api/1.2/" + path, json={"clusterId": CLUSTER, **body})

        def context():
            made = rest("contexts/create", language="python")["id"]
            place = f"/api/1.2/contexts/status?clusterId={CLUSTER}&contextId={made}"
            until(lambda: sandbox.rest("GET", place)["status"] == "Running")
            return made

        first, second = context(), context()
        command = rest("commands/execute", contextId=first, language="python", command=endless)["id"]
        rest("commands/execute", contextId=second, language="python", command=endless)
        until(lambda: len(mine()) == 2)
        rest("commands/cancel", contextId=first, commandId=command)
        until(lambda: len(mine()) == 1)
        rest("contexts/destroy", contextId=second)
        until(lambda: not mine())
        put(sandbox, "/Shared/endless", "# Databricks notebook source\n" + endless)
        task = {"task_key": "a", "notebook_task": {"notebook_path": "/Shared/endless"}}
        run = sandbox.rest("POST", "/api/2.2/jobs/runs/submit", json={"tasks": [task]})["run_id"]
        until(lambda: len(mine()) == 1)
        sandbox.rest("POST", "/api/2.2/jobs/runs/cancel", json={"run_id": run})
        until(lambda: not mine())
        rest("commands/execute", contextId=first, language="python", command=endless)
        until(lambda: len(mine()) == 1)
    until(lambda: not mine())


async def test_without_the_flag_nothing_runs_and_every_answer_says_so(sandbox, connect):
    put(sandbox, "/Shared/idle", "# Databricks notebook source\ndbutils.notebook.exit('ran')\n")
    async with connect(sandbox) as client:
        ran = await call(client, "run_notebook", notebook_path="/Shared/idle")
        assert "notebook_result" not in ran["tasks"][0]
        assert "--allow-python" in str(ran)
        refused = await client.call_tool("execute_command_simple", {"cluster_id": CLUSTER, "command": "1 + 1"})
        assert refused.is_error and "--allow-python" in refused.content[0].text
