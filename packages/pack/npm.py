"""The npm packages: one for each platform with its binary, and the launcher that finds the right one."""

import io
import json
import pathlib
import tarfile

from .project import DESCRIPTION, LICENSE, NAME, PLATFORMS, ROOT, VERSION, Built

# The name in the MCP registry, which it looks for in the package.
MCP_NAME = f"io.github.{{}}/{NAME}"
HERE = ROOT / "packages/npm"


def pack(built: Built, out: pathlib.Path) -> pathlib.Path:
    """The package of one platform."""
    platform = built.platform
    manifest = {
        "name": f"{NAME}-{platform.name}",
        "version": VERSION,
        "description": f"The binary of {NAME} for {platform.name}",
        "license": LICENSE,
        "os": [platform.system],
        "cpu": [platform.machine],
        "files": [f"bin/{platform.binary}"],
        # Nothing imports it: the launcher asks where the binary is.
        "preferUnplugged": True,
    }
    if platform.system == "linux":
        manifest["libc"] = ["glibc"]
    files = {
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        f"bin/{platform.binary}": built.binary.read_bytes(),
    }
    return _tarball(manifest, files, out)


def launcher(out: pathlib.Path, owner: str | None = None) -> pathlib.Path:
    """The package that people name. It depends on those of the platforms, of which npm installs the one that fits."""
    manifest = {
        "name": NAME,
        "version": VERSION,
        "description": DESCRIPTION,
        "license": LICENSE,
        "keywords": ["databricks", "mcp", "model-context-protocol", "sql", "unity-catalog"],
        "bin": {NAME: "launch.js"},
        "engines": {"node": ">=18"},
        "optionalDependencies": {f"{NAME}-{platform.name}": VERSION for platform in PLATFORMS},
    }
    if owner is not None:
        manifest["mcpName"] = MCP_NAME.format(owner)
        manifest["repository"] = {"type": "git", "url": f"git+https://github.com/{owner}/{NAME}.git"}
    files = {
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        "README.md": (ROOT / "README.md").read_bytes(),
        "launch.js": (HERE / "launch.js").read_bytes(),
    }
    return _tarball(manifest, files, out)


def _tarball(manifest: dict, files: dict[str, bytes], out: pathlib.Path) -> pathlib.Path:
    path = out / f"{manifest['name']}-{VERSION}.tgz"
    files = {"package.json": (json.dumps(manifest, indent=2) + "\n").encode(), **files}
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(data)
            entry.mode = 0o755 if name.startswith("bin/") or name == "launch.js" else 0o644
            archive.addfile(entry, io.BytesIO(data))
    return path
