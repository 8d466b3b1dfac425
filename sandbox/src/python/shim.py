"""Runs commands and notebooks in this interpreter, with `spark.sql`, `display` and `dbutils` over the sandbox's REST API.

Reads one JSON object a line from stdin, answers one a line on what was stdout, and ends with stdin.
"""

import ast
import base64
import datetime
import decimal
import io
import json
import linecache
import os
import queue
import sys
import threading
import time
import traceback
import types
import urllib.error
import urllib.parse
import urllib.request

HOST = os.environ["SANDBOX_HOST"]
TOKEN = os.environ["SANDBOX_TOKEN"]
WAREHOUSE = os.environ["SANDBOX_WAREHOUSE_ID"]
MOST_TEXT = 1 << 20
MOST_ROWS = 1000
MOST_OF_CELL = 20_000


def rest(verb, path, body=None, query=None, raw=False):
    url = HOST + urllib.parse.quote(path) + ("?" + urllib.parse.urlencode(query) if query else "")
    data = body if raw or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=verb)
    request.add_header("Authorization", "Bearer " + TOKEN)
    # The sandbox is on this machine: no proxy leads there.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            content = answer.read()
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")
        try:
            said = json.loads(said)["message"]
        except (ValueError, KeyError):
            pass
        raise RuntimeError(said) from None
    return content if raw else json.loads(content or b"{}")


class AnalysisException(Exception):
    """A statement that the sandbox's SQL engine refused."""


class NotebookExit(BaseException):
    """The end of a notebook by `dbutils.notebook.exit`."""


class Row(tuple):
    """A row whose values have names."""

    def __new__(cls, names, values):
        row = super().__new__(cls, values)
        row.__fields__ = names
        return row

    def __getattr__(self, name):
        if name.startswith("__") or name not in self.__fields__:
            raise AttributeError(name)
        return self[self.__fields__.index(name)]

    def __getitem__(self, key):
        return super().__getitem__(self.__fields__.index(key) if isinstance(key, str) else key)

    def asDict(self):
        return dict(zip(self.__fields__, self))

    def __repr__(self):
        return "Row(" + ", ".join(f"{name}={value!r}" for name, value in zip(self.__fields__, self)) + ")"


def typed(text, kind):
    if text is None:
        return None
    if kind in ("BYTE", "SHORT", "INT", "LONG"):
        return int(text)
    if kind in ("FLOAT", "DOUBLE"):
        return float(text)
    if kind == "DECIMAL":
        return decimal.Decimal(text)
    if kind == "BOOLEAN":
        return text == "true"
    if kind == "DATE":
        return datetime.date.fromisoformat(text)
    if kind in ("TIMESTAMP", "TIMESTAMP_NTZ"):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)
    if kind in ("ARRAY", "STRUCT", "MAP"):
        return json.loads(text)
    return text


class DataFrame:
    """The result of a statement, read whole."""

    def __init__(self, fields, rows):
        self._fields = fields
        self._rows = rows

    @property
    def columns(self):
        return [field["name"] for field in self._fields]

    @property
    def dtypes(self):
        return [(field["name"], field["type_text"].lower()) for field in self._fields]

    def collect(self):
        return list(self._rows)

    def count(self):
        return len(self._rows)

    def take(self, number):
        return self._rows[:number]

    def head(self, number=None):
        return self.first() if number is None else self.take(number)

    def first(self):
        return self._rows[0] if self._rows else None

    def limit(self, number):
        return DataFrame(self._fields, self._rows[:number])

    def select(self, *names):
        places = [self.columns.index(name) for name in names]
        rows = [Row(list(names), [row[place] for place in places]) for row in self._rows]
        return DataFrame([self._fields[place] for place in places], rows)

    def toPandas(self):
        import pandas

        return pandas.DataFrame([list(row) for row in self._rows], columns=self.columns)

    def show(self, number=20):
        cells = [self.columns] + [["null" if v is None else str(v) for v in row] for row in self._rows[:number]]
        widths = [max(len(row[place]) for row in cells) for place in range(len(self.columns))]
        rule = "+" + "+".join("-" * width for width in widths) + "+"
        lines = ["|" + "|".join(cell.rjust(width) for cell, width in zip(row, widths)) + "|" for row in cells]
        print("\n".join([rule, lines[0], rule, *lines[1:], rule]))

    def __repr__(self):
        return "DataFrame[" + ", ".join(f"{name}: {kind}" for name, kind in self.dtypes) + "]"

    def __getattr__(self, name):
        raise AttributeError(f"the sandbox's DataFrame has no {name!r}: say it in spark.sql(...)")


def sql(text, args=None):
    body = {"statement": text, "warehouse_id": WAREHOUSE, "wait_timeout": "50s"}
    if args:
        body["parameters"] = [{"name": name, "value": None if value is None else str(value)} for name, value in args.items()]
    answer = rest("POST", "/api/2.0/sql/statements", body)
    path = "/api/2.0/sql/statements/" + answer["statement_id"]
    while answer["status"]["state"] in ("PENDING", "RUNNING"):
        time.sleep(0.05)
        answer = rest("GET", path)
    if answer["status"]["state"] != "SUCCEEDED":
        error = answer["status"].get("error", {})
        raise AnalysisException(error.get("message", answer["status"]["state"]))
    fields = answer["manifest"]["schema"].get("columns", [])
    names = [field["name"] for field in fields]
    kinds = [field.get("type_name", "STRING") for field in fields]
    rows, part = [], answer.get("result", {})
    while True:
        for values in part.get("data_array", []):
            rows.append(Row(names, [typed(value, kind) for value, kind in zip(values, kinds)]))
        if "next_chunk_index" not in part:
            return DataFrame(fields, rows)
        part = rest("GET", f"{path}/result/chunks/{part['next_chunk_index']}")


class Files:
    """`dbutils.fs` over the volumes and the DBFS of the sandbox."""

    def _split(self, path):
        path = path.removeprefix("dbfs:")
        return path.startswith("/Volumes/"), path

    def ls(self, path):
        volume, path = self._split(path)
        if volume:
            found = rest("GET", "/api/2.0/fs/directories" + path).get("contents", [])
            size, is_folder = "file_size", "is_directory"
        else:
            found = rest("GET", "/api/2.0/dbfs/list", query={"path": path}).get("files", [])
            size, is_folder = "file_size", "is_dir"
        names = ["path", "name", "size"]
        slash = lambda one: "/" if one.get(is_folder) else ""
        return [
            Row(names, ["dbfs:" + one["path"] + slash(one), one["path"].rsplit("/", 1)[-1] + slash(one), one.get(size, 0)])
            for one in found
        ]

    def put(self, path, contents, overwrite=False):
        volume, path = self._split(path)
        data = contents.encode()
        if volume:
            query = {"overwrite": "true" if overwrite else "false"}
            rest("PUT", "/api/2.0/fs/files" + path, data, query, raw=True)
        else:
            body = {"path": path, "contents": base64.b64encode(data).decode(), "overwrite": overwrite}
            rest("POST", "/api/2.0/dbfs/put", body)
        print(f"Wrote {len(data)} bytes.")
        return True

    def head(self, path, max_bytes=65536):
        volume, path = self._split(path)
        if volume:
            data = rest("GET", "/api/2.0/fs/files" + path, raw=True)
        else:
            answer = rest("GET", "/api/2.0/dbfs/read", query={"path": path, "length": max_bytes})
            data = base64.b64decode(answer.get("data", ""))
        return data[:max_bytes].decode(errors="replace")

    def mkdirs(self, path):
        volume, path = self._split(path)
        if volume:
            rest("PUT", "/api/2.0/fs/directories" + path, b"", raw=True)
        else:
            rest("POST", "/api/2.0/dbfs/mkdirs", {"path": path})
        return True

    def rm(self, path, recurse=False):
        volume, path = self._split(path)
        if volume:
            rest("DELETE", "/api/2.0/fs/files" + path, raw=True)
        else:
            rest("POST", "/api/2.0/dbfs/delete", {"path": path, "recursive": recurse})
        return True


class Widgets:
    """The parameters of a notebook."""

    def __init__(self, given):
        self._given = dict(given)
        self._defaults = {}

    def text(self, name, defaultValue="", label=None):
        self._defaults[name] = defaultValue

    def dropdown(self, name, defaultValue, choices=(), label=None):
        self._defaults[name] = defaultValue

    combobox = multiselect = dropdown

    def get(self, name):
        for values in (self._given, self._defaults):
            if name in values:
                return values[name]
        raise ValueError(f"InputWidgetNotDefined: No input widget named {name} is defined")

    def getAll(self):
        return {**self._defaults, **self._given}

    def remove(self, name):
        self._defaults.pop(name, None)

    def removeAll(self):
        self._defaults.clear()


class Notebook:
    """`dbutils.notebook`."""

    def exit(self, value=""):
        raise NotebookExit(str(value))

    def run(self, path, timeout_seconds=0, arguments=None):
        return run_notebook(path, arguments or {})


def exit_or_none(run):
    try:
        run()
    except NotebookExit as end:
        return str(end)
    return None


shown = []
drawn = []
MOST_DRAWN = 8 << 20


def picture(value):
    """The PNG of what can be drawn, such as a figure of matplotlib."""
    if hasattr(value, "savefig"):
        png = io.BytesIO()
        value.savefig(png, format="png")
        return png.getvalue()
    draws = getattr(type(value), "_repr_png_", None)
    return draws(value) if draws else None


def draw(value):
    png = picture(value)
    if png is None:
        return False
    url = "data:image/png;base64," + base64.b64encode(png).decode()
    if sum(map(len, drawn)) + len(url) > MOST_DRAWN:
        raise ValueError(f"the images of a command have more than {MOST_DRAWN} bytes")
    drawn.append(url)
    return True


def display(value, *_):
    if isinstance(value, DataFrame):
        shown.append(value)
        value.show()
    elif not draw(value):
        print(value)


spark = types.SimpleNamespace(
    sql=sql,
    table=lambda name: sql("SELECT * FROM " + name),
    range=lambda start, end=None: sql(
        "SELECT id FROM (SELECT unnest(range({0}, {1})) AS id)".format(*((0, start) if end is None else (start, end)))
    ),
    version="sandbox",
)


def namespace(parameters):
    dbutils = types.SimpleNamespace(fs=Files(), widgets=Widgets(parameters), notebook=Notebook())
    return {"__name__": "__main__", "spark": spark, "sql": sql, "display": display, "dbutils": dbutils}


commands = 0


def execute(source, names):
    """Runs code, and prints the value of a last expression as a prompt does."""
    global commands
    commands += 1
    name = f"<command-{commands}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), name, "eval"), names)
        if value is not None and not draw(value):
            print(repr(value))


def cells(source):
    for cell in source.removeprefix("# Databricks notebook source").split("# COMMAND ----------"):
        cell = cell.strip("\r\n")
        if not cell:
            continue
        if not cell.startswith("# MAGIC"):
            yield "python", cell
            continue
        lines = [line.removeprefix("# MAGIC").removeprefix(" ") for line in cell.splitlines()]
        magic, _, rest_of_line = lines[0].partition(" ")
        yield magic.lstrip("%"), "\n".join([rest_of_line, *lines[1:]]).strip()


def export(path):
    try:
        answer = rest("GET", "/api/2.0/workspace/export", query={"path": path, "format": "SOURCE"})
    except RuntimeError:
        raise FileNotFoundError("Notebook not found: " + path) from None
    if answer.get("file_type") != "py":
        raise NotImplementedError("the sandbox runs notebooks in Python only: " + path)
    return base64.b64decode(answer["content"]).decode()


def run_cell(magic, text, path, names):
    if magic == "python":
        execute(text, names)
    elif magic == "sql":
        display(sql(text))
    elif magic == "run":
        here = text.strip().strip("\"'")
        if not here.startswith("/"):
            here = os.path.normpath(os.path.join(os.path.dirname(path), here))
        run_cells(here, names)
    elif magic not in ("md", "md-sandbox"):
        raise NotImplementedError(f"the sandbox runs no %{magic}")


def run_cells(path, names, told=None):
    for magic, text in cells(export(path)):
        before = len(sys.stdout.parts)
        printed = lambda: {"type": "ansi", "data": "".join(sys.stdout.parts[before:])[:MOST_OF_CELL]}
        try:
            run_cell(magic, text, path, names)
        except BaseException as error:
            if told is not None and isinstance(error, NotebookExit):
                told.append(printed())
            elif told is not None:
                told.append({"type": "error", "summary": summary(error), "cause": trace(error)[:20_000], "arguments": printed()})
            raise
        if told is not None:
            told.append(printed())


def run_notebook(path, parameters, told=None):
    return exit_or_none(lambda: run_cells(path, namespace(parameters), told))


class Output(io.TextIOBase):
    """What is printed, up to a bound."""

    def __init__(self):
        self.parts, self.size, self.truncated = [], 0, False

    def writable(self):
        return True

    def write(self, text):
        room = MOST_TEXT - self.size
        self.parts.append(text[:room] if room > 0 else "")
        self.size += len(self.parts[-1])
        self.truncated = self.truncated or len(text) > room
        return len(text)


def table(frame):
    plain = (int, float, bool, type(None))
    data = [[value if isinstance(value, plain) else str(value) for value in row] for row in frame.collect()[:MOST_ROWS]]
    schema = [{"name": name, "type": json.dumps(kind), "metadata": "{}"} for name, kind in frame.dtypes]
    return {"data": data, "schema": schema, "truncated": frame.count() > MOST_ROWS}


def trace(error):
    """The trace from the first line that is the user's own."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<command-")]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
    own = "".join(lines + traceback.format_exception_only(type(error), error))
    if error.__cause__ is not None:
        return trace(error.__cause__) + "\nThe above exception was the direct cause of the following exception:\n\n" + own
    if error.__context__ is not None and not error.__suppress_context__:
        return trace(error.__context__) + "\nDuring handling of the above exception, another exception occurred:\n\n" + own
    return own


def summary(error):
    """The last line of the trace."""
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] == "pyspark":
        error.msg = f"No module named {error.name!r}: the sandbox gives spark.sql(...), not pyspark"
    return "".join(traceback.format_exception_only(type(error), error)).strip()[:20_000]


def answer(asked, names):
    output = Output()
    shown.clear()
    drawn.clear()
    said = {}
    sys.stdout = sys.stderr = output
    try:
        if "notebook" in asked:
            said["cells"] = []
            said["exit"] = run_notebook(asked["notebook"], asked.get("parameters") or {}, said["cells"])
        else:
            said["exit"] = exit_or_none(lambda: execute(asked["code"], names))
    except BaseException as error:
        said["error"] = summary(error)
        said["trace"] = trace(error)[:20_000]
    said["text"] = "".join(output.parts)
    said["truncated"] = output.truncated
    if shown and "notebook" not in asked:
        said["table"] = table(shown[-1])
    if drawn and "notebook" not in asked:
        said["images"] = list(drawn)
    return said


def main():
    # What programs of this interpreter write to the real stdout must not pass for answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    lines = queue.Queue()

    asking, sys.stdin = sys.stdin, os.fdopen(nowhere, closefd=False)

    def listen():
        for line in asking:
            lines.put(line)
        # The sandbox has ended, or has no use for this any more.
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    names = namespace({})
    while True:
        said = answer(json.loads(lines.get()), names)
        print(json.dumps(said), file=answers, flush=True)


main()
