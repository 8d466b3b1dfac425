"""Validates every document in specs/databricks with openapi-spec-validator (PyPI)."""

import json
import pathlib
import sys

from openapi_spec_validator import OpenAPIV30SpecValidator
from referencing.exceptions import Unresolvable

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "specs" / "databricks"


def problems(file: pathlib.Path) -> list[str]:
    document = json.loads(file.read_text(encoding="utf-8"))
    # References across documents are relative to the file.
    validator = OpenAPIV30SpecValidator(document, base_uri=file.as_uri())
    try:
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors()]
    except Unresolvable as error:
        return [f"`{error.ref}` leads nowhere"]


def main() -> int:
    files = sorted(FOLDER.glob("*.json"))
    found = [f"{file.name}: {problem}" for file in files for problem in problems(file)]
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(files)} documents, {len(found)} errors")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
