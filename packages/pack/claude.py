"""The plugin for Claude Code and the marketplace that lists it: committed, since Claude Code reads the repository."""

import json
import pathlib

from .project import DESCRIPTION, LICENSE, NAME, ROOT, VERSION

PLUGIN = "databricks"
AUTHOR = {"name": f"The authors of {NAME}"}


def files() -> dict[pathlib.Path, dict]:
    """Their contents by their paths."""
    plugin = ROOT / "packages/claude"
    return {
        ROOT / ".claude-plugin/marketplace.json": {
            "name": NAME,
            "owner": AUTHOR,
            "plugins": [
                {"name": PLUGIN, "source": "./packages/claude", "description": DESCRIPTION, "version": VERSION}
            ],
        },
        plugin / ".claude-plugin/plugin.json": {
            "name": PLUGIN,
            "version": VERSION,
            "description": DESCRIPTION,
            "author": AUTHOR,
            "license": LICENSE,
            "keywords": ["databricks", "sql", "unity-catalog"],
        },
        # The host and the credential come from the environment and the profile, as for Databricks' own tools.
        plugin / ".mcp.json": {
            "mcpServers": {PLUGIN: {"command": "npx", "args": ["-y", f"{NAME}@{VERSION}", "start"]}},
        },
    }


def write() -> list[pathlib.Path]:
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return list(files())
