"""Validates every document in specs/databricks with openapi-spec-validator (PyPI)."""

import json
import pathlib
import sys

from openapi_spec_validator import OpenAPIV30SpecValidator

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "specs" / "databricks"


def main() -> int:
    files = sorted(FOLDER.glob("*.json"))
    errors = 0
    for file in files:
        document = json.loads(file.read_text(encoding="utf-8"))
        # References across documents are relative to the file.
        for error in OpenAPIV30SpecValidator(document, base_uri=file.as_uri()).iter_errors():
            errors += 1
            where = "/".join(str(step) for step in error.absolute_path)
            print(f"{file.name}: {where}: {error.message}", file=sys.stderr)
    print(f"{len(files)} documents, {errors} errors")
    return 1 if errors or not files else 0


if __name__ == "__main__":
    sys.exit(main())
