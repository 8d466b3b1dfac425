"""The bundle for Claude Desktop: its folder, which the packer of `@anthropic-ai/mcpb` validates and makes a file of."""

import json
import pathlib
import shutil

from .project import DESCRIPTION, LICENSE, NAME, ROOT, SETTINGS, TITLE, VERSION, Built


def manifest(built: Built) -> dict:
    binary = f"server/{built.platform.binary}"
    return {
        "manifest_version": "0.3",
        "name": NAME,
        "display_name": TITLE,
        "version": VERSION,
        "description": DESCRIPTION,
        "author": {"name": f"The authors of {NAME}"},
        "license": LICENSE,
        "keywords": ["databricks", "sql", "unity-catalog"],
        "server": {
            "type": "binary",
            "entry_point": binary,
            "mcp_config": {
                "command": "${__dirname}/" + binary,
                "args": ["start"],
                # A placeholder that nobody filled is no value for the server.
                "env": {variable: "${user_config." + key + "}" for key, (variable, *_) in SETTINGS.items()},
            },
        },
        # They depend on the settings.
        "tools_generated": True,
        "prompts_generated": True,
        "user_config": {
            key: {
                "type": "string",
                "title": title,
                "description": description,
                "required": False,
                "sensitive": secret,
            }
            for key, (_, title, description, secret) in SETTINGS.items()
        },
        "compatibility": {"platforms": [built.platform.system]},
    }


def stage(built: Built, out: pathlib.Path) -> pathlib.Path:
    """The folder of the bundle."""
    folder = out / f"{NAME}-{VERSION}-{built.platform.name}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "server").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest(built), indent=2) + "\n", encoding="utf-8")
    shutil.copy(ROOT / "LICENSE", folder)
    target = folder / "server" / built.platform.binary
    shutil.copy(built.binary, target)
    target.chmod(0o755)
    return folder
