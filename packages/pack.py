#!/usr/bin/env python3
"""Packs a built binary, and what goes with a release: `make package`, `make package-release`."""

import argparse
import pathlib
import sys

from pack import claude, glibc, mcpb, npm, project, registry, release, sbom, wheel


def package(options: argparse.Namespace) -> None:
    """Everything that carries the binary of one platform."""
    built = project.Built(project.platform(options.target), options.binary)
    print(f"{built.binary} is for {built.platform.target}" + glibc.remark(built))
    made = [
        npm.pack(built, options.out),
        wheel.pack(built, options.out, options.owner),
        mcpb.stage(built, options.out),
    ]
    for path in made:
        print(path)


def whole(options: argparse.Namespace) -> None:
    """What is one for all platforms: the npm launcher, the registry's entry, notes, bill of materials, checksums."""
    made = [
        npm.launcher(options.out, options.owner),
        release.notes(options.out),
        sbom.write(options.out),
        registry.write(options.out, options.owner),
        # Last: it sums up the others.
        release.checksums(options.out),
    ]
    for path in made:
        print(path)


def needs(options: argparse.Namespace) -> None:
    """Fails if a binary needs a later glibc than it may."""
    glibc.check(options.binary, options.at_most)
    print(f"{options.binary} needs glibc {glibc.text(glibc.needed(options.binary))} at most")


def versions(_: argparse.Namespace) -> None:
    """Writes the version of `Cargo.toml` into the files that are committed with one."""
    for path in claude.write():
        print(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=project.ROOT / "target/packages")
    steps = parser.add_subparsers(required=True, metavar="STEP")
    step = steps.add_parser("package", help=package.__doc__)
    step.add_argument("--target", required=True, help="the platform, as Rust names it")
    step.add_argument("--binary", required=True, type=pathlib.Path)
    step.add_argument("--owner", help="the account on GitHub, for the MCP registry")
    step.set_defaults(run=package)
    step = steps.add_parser("release", help=whole.__doc__)
    step.add_argument("--owner", required=True, help="the account on GitHub that the repository is of")
    step.set_defaults(run=whole)
    step = steps.add_parser("needs", help=needs.__doc__)
    step.add_argument("--binary", required=True, type=pathlib.Path)
    step.add_argument("--at-most", required=True, help="a version of glibc, such as 2.28")
    step.set_defaults(run=needs)
    step = steps.add_parser("versions", help=versions.__doc__)
    step.set_defaults(run=versions)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        options.run(options)
    except project.Unusable as reason:
        sys.exit(f"error: {reason}")


if __name__ == "__main__":
    main()
