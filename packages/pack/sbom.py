"""The bill of materials, CycloneDX: every crate that is linked into the server, from cargo's own account of them."""

import json
import os
import pathlib
import re
import subprocess

from .project import LICENSE, NAME, ROOT, VERSION

# The crate whose dependencies count.
ROOT_CRATE = "databricks-mcp"


def write(out: pathlib.Path) -> pathlib.Path:
    path = out / f"{NAME}-{VERSION}.cdx.json"
    path.write_text(json.dumps(bill(), indent=2) + "\n", encoding="utf-8")
    return path


def bill() -> dict:
    command = [os.environ.get("CARGO", "cargo"), "metadata", "--format-version", "1", "--locked"]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    metadata = json.loads(told)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    (root,) = (id for id in metadata["workspace_members"] if packages[id]["name"] == ROOT_CRATE)
    links = _linked(nodes, root)
    digests = _digests()
    components = [_component(packages[id], digests) for id in sorted(links) if id != root]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": _reference(packages[root]),
                "name": NAME,
                "version": VERSION,
                "licenses": [{"expression": LICENSE}],
            }
        },
        "components": components,
        "dependencies": [
            {"ref": _reference(packages[id]), "dependsOn": sorted(_reference(packages[one]) for one in needs)}
            for id, needs in sorted(links.items())
        ],
    }


def _linked(nodes: dict, root: str) -> dict[str, list[str]]:
    """What a crate and all that it needs at run time need, on any platform."""
    links: dict[str, list[str]] = {}
    left = [root]
    while left:
        id = left.pop()
        if id in links:
            continue
        normal = [
            dependency["pkg"]
            for dependency in nodes[id]["deps"]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
        ]
        links[id] = sorted(set(normal))
        left.extend(normal)
    return links


def _digests() -> dict[tuple[str, str], str]:
    """The checksums of `Cargo.lock`."""
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    entry = re.compile(r'name = "(.*)"\nversion = "(.*)"\nsource = ".*"\nchecksum = "([0-9a-f]{64})"')
    return {(name, version): digest for name, version, digest in entry.findall(lock)}


def _reference(package: dict) -> str:
    return f"pkg:cargo/{package['name']}@{package['version']}"


def _component(package: dict, digests: dict[tuple[str, str], str]) -> dict:
    reference = _reference(package)
    component = {
        "type": "library",
        "bom-ref": reference,
        "name": package["name"],
        "version": package["version"],
        "purl": reference,
    }
    if package["license"]:
        # Older crates write `/` for OR.
        component["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if digest := digests.get((package["name"], package["version"])):
        component["hashes"] = [{"alg": "SHA-256", "content": digest}]
    return component
