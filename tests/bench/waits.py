"""Measures how soon the server answers once work upstream has ended, and how often it asks."""

import http.server
import json
import threading
import time

# Kind of work, its tool and arguments, and how long it takes in seconds.
WORK = (
    ("run", "run_notebook", {"notebook_path": "/Shared/etl"}, 3),
    *(("statement", "execute_sql", {"statement": "SELECT 1", "warehouse_id": "w"}, seconds) for seconds in (0.3, 3, 14, 40)),
    ("job", "run_job", {"job_id": 7}, 4),
)


class Service(http.server.ThreadingHTTPServer):
    """A workspace in which everything takes as long as it is told to. The sandbox's times are its own."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = f"http://127.0.0.1:{self.server_port}"
        self.begin(0)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def begin(self, seconds):
        self.seconds, self.ends, self.polls = seconds, None, 0

    def start(self):
        self.ends = time.perf_counter() + self.seconds

    def has_ended(self):
        self.polls += 1
        return time.perf_counter() >= self.ends


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave as they are written: without this the body waits for the head's acknowledgement.
    disable_nagle_algorithm = True

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.start()
        if "/sql/" in self.path:
            self.answer({"statement_id": "s1", "status": {"state": "PENDING"}})
        else:
            self.answer({"run_id": 5})

    def do_GET(self):
        if "get-output" in self.path:
            self.answer({"notebook_output": {"result": "done"}})
        elif self.server.has_ended():
            self.answer(ENDED["/sql/" in self.path])
        else:
            self.answer(RUNNING["/sql/" in self.path])

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


RUNNING = (
    {"run_id": 5, "state": {"life_cycle_state": "RUNNING"}},
    {"statement_id": "s1", "status": {"state": "RUNNING"}},
)
ENDED = (
    {"run_id": 5, "state": {"life_cycle_state": "TERMINATED", "result_state": "SUCCESS"}},
    {
        "statement_id": "s1",
        "status": {"state": "SUCCEEDED"},
        "manifest": {"schema": {"columns": [{"name": "1", "type_text": "INT"}]}, "total_row_count": 1},
        "result": {"row_offset": 0, "data_array": [["1"]]},
    },
)


def rows(start, meta):
    """One row for each kind of work; `start` starts a server with these variables."""
    service = Service()
    with start({"DATABRICKS_HOST": service.host, "DATABRICKS_TOKEN": "bench"}) as server:
        for kind, tool, arguments, seconds in WORK:
            service.begin(seconds)
            begin = time.perf_counter()
            server.send("tools/call", {"name": tool, "arguments": arguments, "_meta": meta}, 7)
            answer = server.receive()
            took = time.perf_counter() - begin
            if answer["result"]["isError"]:
                raise RuntimeError(answer["result"]["content"][0]["text"])
            gate = seconds + max(0.06, min(1, seconds / 10))
            yield (
                f"a {kind} of {seconds} s through `{tool}`",
                f"answered after {took:.2f} s (at most {gate:.1f} s and a request), {service.polls} polls",
            )
    service.shutdown()
