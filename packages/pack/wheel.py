"""The Python wheel: the binary among the scripts of an environment, under a tag that says where it runs."""

import base64
import hashlib
import pathlib
import zipfile

from . import glibc
from .npm import MCP_NAME
from .project import DESCRIPTION, LICENSE, NAME, ROOT, VERSION, Built

# `databricks-mcp` is Databricks' own package on PyPI. `uvx NAME` runs the command of the package's own name.
PACKAGE = "databricks-mcp-rs"
MODULE = PACKAGE.replace("-", "_")


def tag(built: Built) -> str:
    platform = built.platform
    if platform.system != "linux":
        return platform.wheel
    major, minor = glibc.needed(built.binary)
    return platform.wheel.format(f"{major}_{minor}")


def pack(built: Built, out: pathlib.Path, owner: str | None = None) -> pathlib.Path:
    """The wheel of one platform. It has no Python: any version of it installs the wheel."""
    wheel_tag = f"py3-none-{tag(built)}"
    info = f"{MODULE}-{VERSION}.dist-info"
    script = f"{MODULE}-{VERSION}.data/scripts/{PACKAGE}" + (".exe" if built.platform.system == "win32" else "")
    metadata = "\n".join(
        [
            "Metadata-Version: 2.4",
            f"Name: {PACKAGE}",
            f"Version: {VERSION}",
            f"Summary: {DESCRIPTION}",
            f"License-Expression: {LICENSE}",
            "License-File: LICENSE",
            "Keywords: databricks,mcp,model-context-protocol",
            "Requires-Python: >=3.8",
            "Description-Content-Type: text/markdown",
            "",
            (ROOT / "README.md").read_text(encoding="utf-8"),
            # By this the MCP registry knows whose the package is.
            f"<!-- mcp-name: {MCP_NAME.format(owner)} -->" if owner else "",
        ]
    )
    wheel = f"Wheel-Version: 1.0\nGenerator: {NAME}\nRoot-Is-Purelib: false\nTag: {wheel_tag}\n"
    files = {
        script: built.binary.read_bytes(),
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": wheel.encode(),
        f"{info}/licenses/LICENSE": (ROOT / "LICENSE").read_bytes(),
    }
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    path = out / f"{MODULE}-{VERSION}-{wheel_tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name == script else 0o100644) << 16
            archive.writestr(entry, data)
    return path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
