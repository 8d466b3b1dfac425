"""What goes with a release: its notes from the changelog, and the checksums of its files."""

import hashlib
import pathlib
import re

from .project import ROOT, VERSION, Unusable

SUMS = "SHA256SUMS"


def of_version(changelog: str, version: str) -> str:
    """The part of a changelog that is of one version, or what is not released yet where the version has none."""
    parts = re.split(r"^## (.*)$", changelog, flags=re.MULTILINE)
    by_heading = {heading.strip(): text.strip() for heading, text in zip(parts[1::2], parts[2::2])}
    for heading, text in by_heading.items():
        if heading.split(" ")[0].lstrip("v") == version:
            return text
    if "Unreleased" in by_heading:
        return by_heading["Unreleased"]
    raise Unusable(f"CHANGELOG.md says nothing of {version}")


def notes(out: pathlib.Path) -> pathlib.Path:
    path = out / "NOTES.md"
    path.write_text(of_version((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), VERSION) + "\n", encoding="utf-8")
    return path


def checksums(out: pathlib.Path) -> pathlib.Path:
    """Of every file of the folder, in the form that `sha256sum --check` reads."""
    files = sorted(path for path in out.iterdir() if path.is_file() and path.name not in (SUMS, "NOTES.md"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    path = out / SUMS
    path.write_text("".join(lines), encoding="utf-8")
    return path
