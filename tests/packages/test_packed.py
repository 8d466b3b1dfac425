"""Packages say what is in them: names, versions, platforms, checksums, licences."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile

import pytest
from conftest import ROOT, names_in, one, run
from pack import claude, glibc, project, release, wheel


def test_the_wheel_records_what_is_in_it_and_its_tag_says_where_it_runs(packed, target, tmp_path):
    path = one(packed, "*.whl")
    archive = zipfile.ZipFile(path)
    info = f"databricks_mcp_rs-{project.VERSION}.dist-info"
    for line in archive.read(f"{info}/RECORD").decode().splitlines():
        name, digest, size = line.rsplit(",", 2)
        if name.endswith("RECORD"):
            continue
        data = archive.read(name)
        told = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert (digest, int(size)) == (f"sha256={told}", len(data)), name
    metadata = archive.read(f"{info}/METADATA").decode()
    assert f"\nVersion: {project.VERSION}\n" in metadata
    assert "\n<!-- mcp-name: io.github.example/databricks-mcp -->" in metadata
    if project.platform(target).system == "linux":
        binary = tmp_path / "binary"
        binary.write_bytes(archive.read(f"databricks_mcp_rs-{project.VERSION}.data/scripts/databricks-mcp-rs"))
        major, minor = glibc.needed(binary)
        assert re.search(r"-manylinux_(\d+)_(\d+)_", path.name).groups() == (str(major), str(minor))


def test_the_launcher_depends_on_a_package_for_each_platform(packed, target):
    with tarfile.open(one(packed, "databricks-mcp-[0-9]*.tgz")) as archive:
        launcher = json.load(archive.extractfile("package/package.json"))
    assert launcher["mcpName"] == "io.github.example/databricks-mcp"
    wanted = {f"databricks-mcp-{platform.name}": project.VERSION for platform in project.PLATFORMS}
    assert launcher["optionalDependencies"] == wanted
    platform = project.platform(target)
    own = one(packed, f"databricks-mcp-{platform.name}-*.tgz")
    assert f"package/bin/{platform.binary}" in names_in(own)
    with tarfile.open(own) as archive:
        package = json.load(archive.extractfile("package/package.json"))
    assert (package["os"], package["cpu"]) == ([platform.system], [platform.machine])
    assert (package["name"], package["version"]) in wanted.items()


def test_the_launcher_says_what_is_missing(packed, tmp_path):
    with tarfile.open(one(packed, "databricks-mcp-[0-9]*.tgz")) as archive:
        archive.extractall(tmp_path, filter="data")
    done = subprocess.run(["node", tmp_path / "package/launch.js", "start"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert "is not installed" in done.stderr and "hint: install again" in done.stderr


# The facts of the registry's schema of 2025-12-11 that an entry like ours can break.
NAMES = re.compile(r"[A-Za-z0-9.-]+/[A-Za-z0-9._-]+")
OF_PACKAGES = {
    "registryType", "registryBaseUrl", "identifier", "version", "fileSha256", "runtimeHint", "transport",
    "runtimeArguments", "packageArguments", "environmentVariables",
}  # fmt: skip


def test_the_entry_of_the_registry_fits_its_schema(packed):
    entry = json.loads((packed / "server.json").read_text())
    assert NAMES.fullmatch(entry["name"]) and 3 <= len(entry["name"]) <= 200
    assert 1 <= len(entry["description"]) <= 100 and 1 <= len(entry["title"]) <= 100
    assert entry["$schema"].startswith("https://static.modelcontextprotocol.io/schemas/")
    assert set(entry["repository"]) == {"url", "source"}
    kinds = [package["registryType"] for package in entry["packages"]]
    assert kinds == ["npm", "pypi", "mcpb"]
    for package in entry["packages"]:
        assert set(package) <= OF_PACKAGES and {"registryType", "identifier", "transport"} <= set(package)
        assert package["version"] == entry["version"] == project.VERSION
        assert package["transport"] == {"type": "stdio"}
        for argument in package.get("packageArguments", []):
            assert argument["type"] == "positional" and argument["value"]
        for variable in package.get("environmentVariables", []):
            assert set(variable) <= {"name", "description", "isRequired", "isSecret"}
            assert variable["isSecret"] == ("TOKEN" in variable["name"])
    bundle = one(packed, "*.mcpb")
    told = entry["packages"][2]
    assert told["identifier"].endswith(f"/v{project.VERSION}/{bundle.name}")
    assert told["fileSha256"] == hashlib.sha256(bundle.read_bytes()).hexdigest()


def test_checksums_are_those_of_the_files(packed):
    run(["sha256sum", "--check", "--strict", release.SUMS], cwd=packed)
    listed = {line.split("  ")[1] for line in (packed / release.SUMS).read_text().splitlines()}
    assert {path.name for path in packed.iterdir()} - listed == {release.SUMS, "NOTES.md"}


def test_notes_are_the_part_of_the_changelog():
    changelog = "# Changelog\n\n## Unreleased\n\n- c\n\n## 0.2.0 (2026-11-30)\n\n- b\n\n## 0.1.0\n\n- a\n"
    assert release.of_version(changelog, "0.2.0") == "- b"
    assert release.of_version(changelog, "0.1.0") == "- a"
    assert release.of_version(changelog, "0.3.0") == "- c"
    with pytest.raises(project.Unusable, match="says nothing of 0.3.0"):
        release.of_version(changelog.replace("Unreleased", "Later"), "0.3.0")


def test_the_bill_of_materials_names_every_crate_of_the_server(packed):
    bill = json.loads(one(packed, "*.cdx.json").read_text())
    named = {(one["name"], one["version"]) for one in bill["components"]}
    cargo = os.environ.get("CARGO", "cargo")
    flags = ["--locked", "-p", "databricks-mcp", "-e", "normal", "--target", "all", "--prefix", "none"]
    tree = run([cargo, "tree", *flags, "--format", "{p}"], cwd=ROOT)
    crates = {tuple(line.replace(" (*)", "").split()[:2]) for line in tree.splitlines() if line}
    crates = {(name, version.lstrip("v")) for name, version in crates if name != "databricks-mcp"}
    assert crates <= named, crates - named
    # Every one from the registry has its checksum, and every one its licence.
    for component in bill["components"]:
        assert component["licenses"][0]["expression"], component["name"]
    without = {one["name"] for one in bill["components"] if "hashes" not in one}
    assert without <= {"databricks-client"}, without
    known = {one["bom-ref"] for one in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    for link in bill["dependencies"]:
        assert link["ref"] in known and set(link["dependsOn"]) <= known


def test_the_plugin_is_as_it_is_written(packed):
    for path, content in claude.files().items():
        assert json.loads(path.read_text()) == content, f"{path}\nhint: python3 packages/pack.py versions"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no glibc")
def test_a_binary_that_needs_a_later_glibc_is_refused(packed, tmp_path):
    binary = tmp_path / "binary"
    with tarfile.open(one(packed, "databricks-mcp-linux-*.tgz")) as archive:
        binary.write_bytes(archive.extractfile("package/bin/databricks-mcp").read())
    major, minor = glibc.needed(binary)
    # The rows of an independent reader.
    rows = run(["readelf", "-V", binary])
    versions = {tuple(map(int, found)) for found in re.findall(r"GLIBC_(\d+)\.(\d+)", rows)}
    assert (major, minor) == max(versions)
    glibc.check(binary, f"{major}.{minor}")
    with pytest.raises(project.Unusable, match=f"needs glibc {major}.{minor}"):
        glibc.check(binary, f"{major}.{minor - 1}")
    assert wheel.tag(project.Built(project.platform("x86_64-unknown-linux-gnu"), binary)).startswith("manylinux_")
