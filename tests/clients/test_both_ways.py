"""The official SDK reads what the server wrote and the server reads what the SDK wrote, on all three stores."""

import base64
import contextlib
import hashlib
import io

import anyio
import pytest
import workspace
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language, ObjectType
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

pytestmark = pytest.mark.anyio

# A limit that only a hang reaches.
PATIENCE = 120
# Folders as the server names them, and what the SDK leaves out of that.
STORES = {
    "volume": ("/Volumes/main/default/landing/both", ""),
    "dbfs": ("dbfs:/FileStore/both", "dbfs:"),
    "workspace": ("/Workspace/Shared/both", "/Workspace"),
}
TEXTS = {
    "plain.txt": "one\ntwo\n",
    "looks like base64": "aGVsbG8gd29ybGQ=",
    "windows.txt": "one\r\ntwo\r\n",
    "mark.csv": "\ufeffa,b\n1,2\n",
    "a b#c?d&e 100%.txt": "odd names",
    "\U0001f680.txt": "caf\u00e9 \U0001f600",
    "empty.txt": "",
}
# Above what goes in one request to each of the stores, and no multiple of anything.
LARGE = hashlib.shake_256(b"both ways").digest((6 << 20) + 13)
NOTEBOOKS = {
    Language.PYTHON: "# Databricks notebook source\nx = 1\n\n# COMMAND ----------\n\n# MAGIC %sql\n# MAGIC SELECT 1\n",
    Language.SQL: "-- Databricks notebook source\nSELECT 'caf\u00e9'\n",
    Language.SCALA: "// Databricks notebook source\nval x = 1\n",
    Language.R: "# Databricks notebook source\nx <- 1\n",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with workspace.sandbox(tmp_path_factory.mktemp("both"), speed=1000) as running:
        yield running


@pytest.fixture
def sdk(running):
    return WorkspaceClient(host=running.host, token=running.token)


@pytest.fixture
def connect(running, tmp_path):
    @contextlib.asynccontextmanager
    async def open_client():
        variables = {
            **running.variables,
            "DATABRICKS_MCP_TOOLSETS": "all",
            "DATABRICKS_MCP_ROOTS": str(tmp_path),
            "DATABRICKS_MCP_YES": "true",
        }
        server = StdioServerParameters(command=workspace.binary("databricks-mcp"), args=["start"], env=variables)
        with anyio.fail_after(PATIENCE), (tmp_path / "server.log").open("w") as errors:
            async with Client(stdio_client(server, errlog=errors)) as client:
                yield client

    return open_client


async def call(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


def read(sdk, store, path):
    if store == "volume":
        return sdk.files.download(path).contents.read()
    if store == "dbfs":
        return sdk.dbfs.download(path).read()
    return sdk.workspace.download(path).read()


def write(sdk, store, path, content):
    parent = path.rsplit("/", 1)[0]
    if store == "volume":
        sdk.files.create_directory(parent)
        sdk.files.upload(path, io.BytesIO(content))
    elif store == "dbfs":
        sdk.dbfs.upload(path, io.BytesIO(content))
    else:
        sdk.workspace.mkdirs(parent)
        sdk.workspace.upload(path, io.BytesIO(content), format=ImportFormat.RAW)


@pytest.mark.parametrize("store", STORES)
async def test_the_sdk_reads_what_the_server_wrote(connect, sdk, tmp_path, store):
    folder, prefix = STORES[store]
    folder += "/server"
    (tmp_path / "large.bin").write_bytes(LARGE)
    async with connect() as client:
        for name, text in TEXTS.items():
            await call(client, "upload_file", path=f"{folder}/{name}", content=text)
        await call(client, "upload_file", path=f"{folder}/large.bin", local_path="large.bin")
        await call(client, "copy_file", source=f"{folder}/large.bin", target=f"{folder}/copies/again.bin")
    plain = folder.removeprefix(prefix)
    for name, text in TEXTS.items():
        assert read(sdk, store, f"{plain}/{name}") == text.encode(), name
    for name in ("large.bin", "copies/again.bin"):
        assert read(sdk, store, f"{plain}/{name}") == LARGE, name


@pytest.mark.parametrize("store", STORES)
async def test_the_server_reads_what_the_sdk_wrote(connect, sdk, tmp_path, store):
    folder, prefix = STORES[store]
    folder += "/sdk"
    plain = folder.removeprefix(prefix)
    for name, text in TEXTS.items():
        write(sdk, store, f"{plain}/{name}", text.encode())
    write(sdk, store, f"{plain}/deep/large.bin", LARGE)
    async with connect() as client:
        for name, text in TEXTS.items():
            told = await call(client, "download_file", path=f"{folder}/{name}")
            assert told["content"] == text, name
        told = await call(client, "download_file", path=folder, local_path="whole", recursive=True)
    assert told["files"] == len(TEXTS) + 1
    for name, text in TEXTS.items():
        assert (tmp_path / "whole" / name).read_bytes() == text.encode(), name
    assert (tmp_path / "whole/deep/large.bin").read_bytes() == LARGE


async def test_notebooks_go_both_ways_in_every_language(connect, sdk):
    folder = "/Shared/both notebooks"
    sdk.workspace.mkdirs(folder)
    async with connect() as client:
        for language, source in NOTEBOOKS.items():
            path = f"{folder}/of the server {language.value}"
            arguments = {"path": path, "content": source, "format": "SOURCE", "language": language.value}
            await call(client, "import_notebook", **arguments)
            await call(client, "copy_file", source=path, target=f"{path} copy")
            for written in (path, f"{path} copy"):
                status = sdk.workspace.get_status(written)
                assert (status.object_type, status.language) == (ObjectType.NOTEBOOK, language)
                exported = sdk.workspace.export(written, format=ExportFormat.SOURCE)
                assert base64.b64decode(exported.content).decode() == source
            path = f"{folder}/of the sdk {language.value}"
            content = base64.b64encode(source.encode()).decode()
            sdk.workspace.import_(path, content=content, format=ImportFormat.SOURCE, language=language)
            told = await call(client, "export_notebook", path=path)
            assert told["content"] == source
