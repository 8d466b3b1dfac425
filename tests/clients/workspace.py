"""Starts the sandbox, and gives the variables that point the server at it."""

import contextlib
import os
import pathlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").absolute()
CLIENTS = TARGET / "clients"


def binary(name: str, profile: str = "debug") -> str:
    return str(TARGET / profile / name)


@dataclass
class Workspace:
    """A running sandbox."""

    host: str
    token: str
    warehouse_id: str

    @property
    def variables(self) -> dict[str, str]:
        """The server's environment."""
        return {
            "DATABRICKS_HOST": self.host,
            "DATABRICKS_TOKEN": self.token,
            "DATABRICKS_WAREHOUSE_ID": self.warehouse_id,
        }

    def rest(self, verb: str, path: str, **options) -> dict:
        """Sends a request to the sandbox directly, past the server."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.request(verb, self.host + path, headers=headers, timeout=60, **options)
        answer.raise_for_status()
        return answer.json()


@contextlib.contextmanager
def sandbox(folder: pathlib.Path, speed: int = 20, profile: str = "debug", flags: tuple[str, ...] = ()) -> Iterator[Workspace]:
    """A sandbox on a free port, with these flags, until the block ends. Its env file is written to `folder`."""
    file = folder / "sandbox.env"
    command = [binary("databricks-sandbox", profile), "--listen", "127.0.0.1:0", "--env-file", str(file)]
    with subprocess.Popen([*command, "--speed", str(speed), *flags], stdout=subprocess.PIPE, text=True) as process:
        try:
            # The sandbox prints its line after it has written the file.
            if not process.stdout.readline():
                raise RuntimeError("the sandbox ended before it listened")
            given = dict(line.split("=", 1) for line in file.read_text().splitlines())
            yield Workspace(given["DATABRICKS_HOST"], given["DATABRICKS_TOKEN"], given["DATABRICKS_WAREHOUSE_ID"])
        finally:
            process.terminate()
