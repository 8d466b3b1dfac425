"""Draws a session of a terminal as an SVG that plays: each line comes when it came, with long waits shortened."""

import html
import os
import pathlib
import pty
import re
import subprocess
import sys
import time

COLUMNS = 108
# The parts that are shown, by the beginning of their call; of the others only a mark is left.
SHOWN = ("execute_sql", "run_job")
# Lines of the server's own start, before the first call.
HEAD = 4
# Seconds: no wait is longer, and the end stays for a while before it plays again.
LONGEST, STAYS = 1.2, 8.0
LINE, LEFT, TOP = 18, 16, 44
COLOURS = {
    "back": "#10151c", "text": "#c9d1d9", "prompt": "#7ee787", "call": "#79c0ff", "hint": "#ffa657", "dim": "#7d8590",
}  # fmt: skip


def record(command: str) -> list[tuple[float, str]]:
    """Every line that a command prints in a terminal, with the second at which it came."""
    ours, theirs = pty.openpty()
    since = time.monotonic()
    with subprocess.Popen([command], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True) as process:
        os.close(theirs)
        left, lines = b"", []
        while True:
            try:
                read = os.read(ours, 4096)
            except OSError:
                # The terminal closes with its last program.
                break
            if not read:
                break
            *whole, left = (left + read).split(b"\n")
            now = time.monotonic() - since
            lines += [(now, line.decode().rstrip("\r")) for line in whole]
        if process.wait() != 0:
            sys.exit(f"error: {command} failed\n" + "\n".join(line for _, line in lines))
    return lines


def chosen(lines: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The lines that are shown. What is left out leaves a mark."""
    shown, keep, started = [], True, False
    for number, (at, line) in enumerate(lines):
        if line.startswith("That was a local workspace"):
            break
        if line.startswith("> "):
            started, before = True, keep
            keep = line[2:].startswith(SHOWN)
            if before and not keep:
                shown.append((at, "…"))
        elif not started and number >= HEAD:
            continue
        if keep and not (line == "" and shown and shown[-1][1] in ("", "…")):
            shown.append((at, line))
    while shown and shown[-1][1] in ("", "…"):
        shown.pop()
    return [(0.0, "$ make demo"), *shown]


def paced(lines: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The same lines, with no wait longer than one may bear."""
    now, before, paced = 0.6, 0.0, []
    for at, line in lines:
        now += min(max(at - before, 0.03), LONGEST)
        before = at
        paced.append((now, line))
    return paced


def kind(line: str) -> str:
    for pattern, name in (
        (r"\$ ", "prompt"), (r"> ", "call"), (r"\s*hint:", "hint"), (r"\s*(…|\()", "dim"), (r"\s+─", "dim"),
    ):  # fmt: skip
        if re.match(pattern, line):
            return name
    return "text"


def draw(lines: list[tuple[float, str]]) -> str:
    whole = lines[-1][0] + STAYS
    height = TOP + LINE * len(lines) + 12
    width = LEFT * 2 + int(COLUMNS * 7.83)
    rows, frames = [], []
    for number, (at, line) in enumerate(lines):
        text = line if len(line) <= COLUMNS else line[: COLUMNS - 1] + "…"
        start = at / whole * 100
        frames.append(f"@keyframes l{number}{{0%,{start:.2f}%{{opacity:0}}{start + 0.01:.2f}%,100%{{opacity:1}}}}")
        place = f'x="{LEFT}" y="{TOP + LINE * number}"'
        rows.append(
            f'<text {place} class="{kind(line)}" style="animation-name:l{number}">{html.escape(text, quote=False)}</text>'
        )
    classes = "".join(f".{name}{{fill:{colour}}}" for name, colour in COLOURS.items() if name != "back")
    dots = "".join(
        f'<circle cx="{20 + 18 * number}" cy="18" r="5.5" fill="{colour}"/>'
        for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' role="img" aria-label="A terminal session: SQL, an error with a hint, a job run with its progress">',
            "<style>",
            "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre;"
            f"animation-duration:{whole:.1f}s;animation-iteration-count:infinite}}",
            classes,
            # Whoever wants nothing to move sees the end at once.
            "@media(prefers-reduced-motion:reduce){text{animation:none!important}}",
            *frames,
            "</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{COLOURS["back"]}"/>',
            dots,
            *rows,
            "</svg>",
            "",
        ]
    )


def main() -> None:
    command, out = sys.argv[1:]
    drawn = draw(paced(chosen(record(command))))
    # The port is another each time.
    drawn = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8080", drawn)
    pathlib.Path(out).write_text(drawn, encoding="utf-8")
    print(out)


if __name__ == "__main__":
    main()
