#!/usr/bin/env python3
"""The generator of the API specification.

  generate.py --output DIR [--coverage FILE]   write the C++ tables and module definitions; refresh the coverage page
  generate.py --check [--coverage FILE]        write nothing; fail if the specification is wrong or the page is stale
  generate.py --prune                          remove from absent-*.toml what other files have meanwhile
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from generator import coverage, cpp, definition, specification  # noqa: E402


def write_if_changed(path, text):
    """Keeps the file, and its time, when the text is the same; replaces it in one step otherwise."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(stream.name, 0o644)
    os.replace(stream.name, path)


def write_outputs(spec, directory):
    write_if_changed(directory / "exports.cpp", cpp.exports(spec))
    write_if_changed(directory / "narrow.cpp", cpp.narrow(spec))
    write_if_changed(directory / "services.cpp", cpp.services(spec))
    write_if_changed(directory / "services.h", cpp.services_header(spec))
    for module in spec.modules():
        write_if_changed(directory / f"{module}.def", definition.definition(spec, module))


def without_tables(text, names):
    """Cuts the TOML tables `names`, with the blank lines after them, out of a file's text."""
    for name in names:
        header = rf'\[(?:{re.escape(name)}|"{re.escape(name)}")\]'
        text = re.sub(rf"^{header}[^\n]*\n(?:(?!\[)[^\n]*\n?)*", "", text, flags=re.MULTILINE)
    return text


def prune(spec):
    """Cuts what is overridden; a service only when none of its exports is left."""
    live = {(e.file, e.name) for e in spec.entries}
    for path in sorted({file for file, _ in spec.overridden}):
        names = sorted({name for file, name in spec.overridden
                        if file == path and not {(path, name), (path, "Zw" + name[2:])} & live})
        text = without_tables(path.read_text(encoding="utf-8"), names)
        if re.search(r"^\[", text, flags=re.MULTILINE):
            write_if_changed(path, text)
        else:
            path.unlink()
        print(f"{path}: {len(names)} pruned")


def parse_arguments():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", type=Path, default=here / "spec", help="the folder of specification files")
    parser.add_argument("--output", type=Path, help="the folder for exports.cpp, narrow.cpp, services.cpp, services.h, MODULE.def")
    parser.add_argument("--coverage", type=Path, help="the coverage page")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--prune", action="store_true")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    spec, errors = specification.read(arguments.spec.resolve())
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    if errors:
        return 1
    if arguments.prune:
        prune(spec)
    if arguments.check:
        page = coverage.coverage(spec)
        if arguments.coverage and (not arguments.coverage.exists() or arguments.coverage.read_text(encoding="utf-8") != page):
            print(f"error: {arguments.coverage} is stale: build, and commit it", file=sys.stderr)
            return 1
        return 0
    if arguments.output:
        write_outputs(spec, arguments.output)
    if arguments.coverage:
        write_if_changed(arguments.coverage, coverage.coverage(spec))
    return 0


if __name__ == "__main__":
    sys.exit(main())
