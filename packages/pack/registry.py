"""`server.json`, the entry in the MCP registry: the packages by their names, and the settings that they take."""

import hashlib
import json
import pathlib

from . import wheel
from .npm import MCP_NAME
from .project import DESCRIPTION, NAME, SETTINGS, TITLE, VERSION

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"


def entry(out: pathlib.Path, owner: str) -> dict:
    repository = f"https://github.com/{owner}/{NAME}"
    start = [{"type": "positional", "value": "start"}]
    variables = [
        {"name": variable, "description": f"{title}. {description}", "isRequired": False, "isSecret": secret}
        for variable, title, description, secret in SETTINGS.values()
    ]
    common = {
        "version": VERSION,
        "transport": {"type": "stdio"},
        "environmentVariables": variables,
    }
    packages = [
        {"registryType": "npm", "identifier": NAME, "runtimeHint": "npx", "packageArguments": start, **common},
        {"registryType": "pypi", "identifier": wheel.PACKAGE, "runtimeHint": "uvx", "packageArguments": start, **common},
    ]
    # A bundle says by itself what it takes, and how it is started.
    for bundle in sorted(out.glob("*.mcpb")):
        packages.append(
            {
                "registryType": "mcpb",
                "identifier": f"{repository}/releases/download/v{VERSION}/{bundle.name}",
                "version": VERSION,
                "fileSha256": hashlib.sha256(bundle.read_bytes()).hexdigest(),
                "transport": {"type": "stdio"},
            }
        )
    return {
        "$schema": SCHEMA,
        "name": MCP_NAME.format(owner),
        "title": TITLE,
        "description": DESCRIPTION,
        "version": VERSION,
        "repository": {"url": repository, "source": "github"},
        "packages": packages,
    }


def write(out: pathlib.Path, owner: str) -> pathlib.Path:
    path = out / "server.json"
    path.write_text(json.dumps(entry(out, owner), indent=2) + "\n", encoding="utf-8")
    return path
