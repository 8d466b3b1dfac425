"""One binary, packed once, and each package installed once into a folder of its own."""

import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ["CARGO_TARGET_DIR"])
PATIENCE = 600

sys.path.insert(0, str(ROOT / "packages"))
from pack import project  # noqa: E402


def run(command, **options):
    """Runs a command that must succeed; returns what it printed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=PATIENCE, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def clean():
    """The environment without anything of a workspace, a registry or the folder's own settings."""
    keep = ("PATH", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in keep if name in os.environ}


@pytest.fixture(scope="session")
def target():
    host = run([os.environ.get("RUSTC", "rustc"), "-vV"])
    return next(line.split()[1] for line in host.splitlines() if line.startswith("host:"))


@pytest.fixture(scope="session")
def packed(tmp_path_factory, target):
    """The folder of all packages of one binary."""
    out = tmp_path_factory.mktemp("packages")
    binary = tmp_path_factory.mktemp("binary") / "databricks-mcp"
    shutil.copy(os.environ["BINARY"], binary)
    if shutil.which("strip"):
        # What is packed is as large as a release, and not as a debug build.
        run(["strip", binary])
    pack = [sys.executable, ROOT / "packages/pack.py", "--out", out]
    run([*pack, "package", "--target", target, "--binary", binary, "--owner", "example"])
    (staged,) = (path for path in out.iterdir() if path.is_dir())
    packer = TARGET / "packer/node_modules/.bin/mcpb"
    run([packer, "validate", staged / "manifest.json"])
    run([packer, "pack", staged, f"{staged}.mcpb"])
    shutil.rmtree(staged)
    run([*pack, "release", "--owner", "example"])
    return out


def one(folder, pattern):
    (path,) = folder.glob(pattern)
    return path


def from_npm(packed, folder, platform):
    packages = [one(packed, f"databricks-mcp-{platform.name}-*.tgz"), one(packed, "databricks-mcp-[0-9]*.tgz")]
    # A cache of its own, which is empty: what is installed comes from the files alone.
    flags = ["--offline", "--prefix", folder, "--cache", folder / "cache", "--no-audit", "--no-fund"]
    run(["npm", "install", *flags, *packages], env={**clean(), "HOME": str(folder)}, cwd=folder)
    return folder / "node_modules/.bin/databricks-mcp"


def from_wheel(packed, folder, _):
    run([sys.executable, "-m", "venv", folder / "venv"])
    wheel = one(packed, "*.whl")
    flags = ["--no-index", "--disable-pip-version-check"]
    run([folder / "venv/bin/python", "-m", "pip", "install", *flags, wheel], env=clean())
    return folder / "venv/bin/databricks-mcp-rs"


def from_bundle(packed, folder, platform):
    run([TARGET / "packer/node_modules/.bin/mcpb", "unpack", one(packed, "*.mcpb"), folder / "bundle"])
    binary = folder / "bundle/server" / platform.binary
    # Claude Desktop sets the bit by itself.
    binary.chmod(0o755)
    return binary


def from_cargo(_, folder, __):
    cargo = os.environ.get("CARGO", "cargo")
    flags = ["--debug", "--locked", "--offline", "--root", folder]
    # With the environment of the other builds, so that it shares what they have compiled.
    run([cargo, "install", "--path", ROOT, *flags])
    return folder / "bin/databricks-mcp"


WAYS = {"npm": from_npm, "wheel": from_wheel, "bundle": from_bundle, "cargo": from_cargo}


@pytest.fixture(scope="session", params=WAYS)
def installed(request, packed, target, tmp_path_factory):
    """The command that one way of installing brings."""
    folder = tmp_path_factory.mktemp(request.param)
    return WAYS[request.param](packed, folder, project.platform(target))


@pytest.fixture
def anyio_backend():
    return "asyncio"


def names_in(path):
    """The files of a package."""
    if path.suffix == ".tgz":
        with tarfile.open(path) as archive:
            return archive.getnames()
    return zipfile.ZipFile(path).namelist()


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    passed, failed, broken = (len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error"))
    print(f"{passed} passed, {failed + broken} failed")
