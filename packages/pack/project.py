"""What every package says of the project, from one place each, and the platforms that there are binaries for."""

import pathlib
import re
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]

NAME = "databricks-mcp"
TITLE = "Databricks"
# The registry of MCP takes 100 characters at most.
DESCRIPTION = "SQL, Unity Catalog, clusters, jobs, notebooks, files and every REST operation of Databricks"
LICENSE = "Apache-2.0"

# The settings that a person is asked for at an installation, by their variables.
SETTINGS = {
    "host": ("DATABRICKS_HOST", "Workspace URL", "Such as https://acme.cloud.databricks.com", False),
    "token": ("DATABRICKS_TOKEN", "Access token", "A personal access token; leave it empty with a profile", True),
    "profile": (
        "DATABRICKS_CONFIG_PROFILE",
        "Profile",
        "Profile of ~/.databrickscfg, in place of URL and token",
        False,
    ),
}


class Unusable(Exception):
    """The reason why something cannot be packed, as a sentence."""


def _of_cargo(key: str) -> str:
    text = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    section = text.split("[workspace.package]", 1)[1].split("\n[", 1)[0]
    found = re.search(rf'^{key} = "(.*)"$', section, re.MULTILINE)
    if found is None:
        raise Unusable(f"Cargo.toml has no `{key}` under [workspace.package]")
    return found.group(1)


VERSION = _of_cargo("version")


@dataclass(frozen=True)
class Platform:
    """A platform under the names that others have for it."""

    target: str
    # As Node.js names them.
    system: str
    machine: str
    # The tag of wheels; on Linux the binary itself says which glibc it needs.
    wheel: str

    @property
    def name(self) -> str:
        return f"{self.system}-{self.machine}"

    @property
    def binary(self) -> str:
        return NAME + (".exe" if self.system == "win32" else "")


PLATFORMS = [
    Platform("x86_64-unknown-linux-gnu", "linux", "x64", "manylinux_{}_x86_64"),
    Platform("aarch64-unknown-linux-gnu", "linux", "arm64", "manylinux_{}_aarch64"),
    Platform("x86_64-apple-darwin", "darwin", "x64", "macosx_10_12_x86_64"),
    Platform("aarch64-apple-darwin", "darwin", "arm64", "macosx_11_0_arm64"),
    Platform("x86_64-pc-windows-msvc", "win32", "x64", "win_amd64"),
]


def platform(target: str) -> Platform:
    for known in PLATFORMS:
        if known.target == target:
            return known
    known = ", ".join(one.target for one in PLATFORMS)
    raise Unusable(f"no packages for `{target}`\nhint: there are platforms {known}")


@dataclass(frozen=True)
class Built:
    """A binary and its platform."""

    platform: Platform
    binary: pathlib.Path

    def __post_init__(self) -> None:
        if not self.binary.is_file():
            raise Unusable(f"no binary at {self.binary}\nhint: build it first, or say where it is by BINARY=")
