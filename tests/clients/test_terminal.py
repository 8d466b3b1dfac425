"""`call` and `sql` in a real terminal: the bar, the question, the prompt."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import stat
import struct
import termios
import time

import pytest
import workspace

PATIENCE = 120
# What is typed before the prompt is there may not reach it.
PROMPT = r"> \r\x1b\[\d+C"
ASKED = r"\[y/N\] \r\x1b\[\d+C"
SLOW = "select sandbox_sleep(600)"


class Terminal:
    """A command whose stdin, stdout and stderr are a terminal of 100 columns."""

    def __init__(self, arguments, variables):
        self.seen = ""
        self.pid, self.side = pty.fork()
        if self.pid == 0:
            binary = workspace.binary("databricks-mcp")
            os.execve(binary, [binary, *arguments], variables)
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))

    def read(self, *wanted):
        """Reads until the terminal has shown this, and returns what came."""
        came, end = "", time.monotonic() + PATIENCE
        while not wanted or not re.search(wanted[0], came):
            assert time.monotonic() < end, came
            if not select.select([self.side], [], [], 0.2)[0]:
                continue
            try:
                more = os.read(self.side, 1 << 16).decode(errors="replace")
            except OSError:
                more = ""
            if not more:
                assert not wanted, f"it ended: {came}"
                break
            came += more
        self.seen += came
        return came

    def type(self, text):
        os.write(self.side, text.encode())

    def enter(self, line, wanted):
        """Types a line at the prompt, and reads until this and the next prompt have come."""
        self.type(line + "\r")
        return self.read(wanted + r"[\s\S]*" + PROMPT)

    def end(self):
        """Reads to the end, and returns the exit code."""
        self.read()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def open_terminal(sandbox, tmp_path):
    opened = []

    def open_one(*arguments, **more):
        variables = {**sandbox.variables, "HOME": str(tmp_path), "TERM": "xterm-256color", **more}
        opened.append(Terminal(arguments, variables))
        return opened[-1]

    yield open_one
    for terminal in opened:
        with contextlib.suppress(ProcessLookupError):
            os.kill(terminal.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(terminal.pid, 0)


def states(sandbox, text):
    history = sandbox.rest("GET", "/api/2.0/sql/history/queries")
    return [query["status"] for query in history["res"] if text in query["query_text"]]


def test_long_work_shows_a_bar_that_moves_and_leaves_nothing_behind(open_terminal):
    terminal = open_terminal("call", "execute_sql", "statement=select sandbox_sleep(3) as slept")
    assert terminal.end() == 0
    frames = re.findall(r"([|/\\-]) \d+s  (\S+)", terminal.seen)
    assert len({frame for frame, _ in frames}) > 1, terminal.seen
    assert any(state == "RUNNING:" for _, state in frames), terminal.seen
    # The last of the bar is taken away before the rows come.
    assert terminal.seen.rpartition("\x1b[2K")[2].replace("\r", "").split("\n")[1].startswith("---"), terminal.seen


def test_colour_is_for_a_terminal_whose_user_wants_it(open_terminal):
    plain = open_terminal("call", "execute_sql", "statement=select 1 as one", NO_COLOR="1")
    assert plain.end() == 0 and "\x1b[1m" not in plain.seen
    bold = open_terminal("call", "execute_sql", "statement=select 1 as one")
    assert bold.end() == 0 and "\x1b[1mone\x1b[0m" in bold.seen


def test_what_destroys_is_asked_about_at_the_terminal(open_terminal):
    assert open_terminal("call", "execute_sql", "statement=create table main.default.asked (a int)").end() == 0
    for answer, code in [("n\r", 4), ("\r", 4), ("\x03", 4), ("y\r", 0)]:
        terminal = open_terminal("call", "execute_sql", "statement=drop table main.default.asked")
        assert "asked" in terminal.read(ASKED)
        terminal.type(answer)
        assert terminal.end() == code, terminal.seen
        assert ("nothing was done" in terminal.seen) == (code != 0), terminal.seen


def test_ctrl_c_ends_a_call_and_cancels_its_statement(open_terminal, sandbox):
    terminal = open_terminal("call", "execute_sql", f"statement={SLOW} as of_call")
    terminal.read("RUNNING")
    terminal.type("\x03")
    assert terminal.end() == 130
    assert states(sandbox, "of_call") == ["CANCELED"]


def test_the_prompt_takes_statements_over_lines_and_goes_on_after_ctrl_c(open_terminal, sandbox, tmp_path):
    terminal = open_terminal("sql")
    terminal.read(PROMPT)
    terminal.enter("select 1 as one,", r"\.\.\.")
    assert "two" in terminal.enter("'x;' as two;", r"\(rows: 1, [\d.]+ s\)")
    terminal.enter("\\timing", "timing is off")
    terminal.enter("\\c main.default", r"main\.default")
    assert "customers" in terminal.enter("\\d", r"\(rows: \d+\)")
    assert "customer_id" in terminal.enter("\\d customers", r"\(rows: \d+\)")
    terminal.enter(" select 'a secret' as s;", r"\(rows: 1\)")
    terminal.enter("select * from nowhere;", "hint: ")
    terminal.type(f"{SLOW} as of_prompt;\r")
    terminal.read("RUNNING")
    terminal.type("\x03")
    terminal.read(r"interrupted[\s\S]*" + PROMPT)
    end = time.monotonic() + PATIENCE
    while states(sandbox, "of_prompt") != ["CANCELED"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    # A question that is stopped takes no line of what comes after it.
    terminal.enter("create table dropped (a int);", r"\(done\)")
    terminal.type("drop table dropped;\r")
    terminal.read(ASKED)
    terminal.type("\x03")
    terminal.read(r"nothing was done[\s\S]*" + PROMPT)
    terminal.enter("select 'still here' as s;", r"\(rows: 1\)")
    terminal.type("\\q\r")
    assert terminal.end() == 0
    (history,) = tmp_path.rglob("sql_history")
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    kept = history.read_text()
    assert "of_prompt" in kept and "a secret" not in kept


def test_the_history_is_there_at_the_next_prompt(open_terminal):
    first = open_terminal("sql")
    first.read(PROMPT)
    first.enter("select 'remembered' as s;", r"\(rows: 1")
    first.type("\x04")
    assert first.end() == 0
    second = open_terminal("sql")
    second.read(PROMPT)
    assert "remembered" in second.enter("\x1b[A", r"\(rows: 1")
