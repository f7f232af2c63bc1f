#!/usr/bin/env python3
"""Checks the structures of nt/*.h against an independent source: mingw-w64's headers, as drivers see them.

Every NT_SIZE and NT_OFFSET line of nt/*.h becomes a static_assert in a C++ file that clang compiles for Windows with
the driver headers; what these do not know is tried with the headers of programs (windows.h). A line fails if the
headers say otherwise. What neither has, or has in an old form, must be in skipped.tsv
(structure or structure.field, tab, reason); what is listed there without need fails too.

  check_layout.py --nt DIR --skipped FILE --work DIR -- CLANG FLAGS...
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

NUMBER = r"(0x[0-9A-Fa-f]+|\d+)"
SIZE = re.compile(rf"^\s*NT_SIZE\(\s*(\w+)\s*,\s*{NUMBER}\s*\)\s*;")
OFFSET = re.compile(rf"^\s*NT_OFFSET\(\s*(\w+)\s*,\s*([\w.\[\]]+)\s*,\s*{NUMBER}\s*\)\s*;")
ANY = re.compile(r"^\s*NT_(SIZE|OFFSET)\(")


def claims(folder):
    """Yields (where, structure, field or None, value) for each assertion line; a line it cannot read is an error."""
    for path in sorted(folder.glob("*.h")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{path.name}:{number}"
            if match := SIZE.match(line):
                yield where, match[1], None, match[2]
            elif match := OFFSET.match(line):
                yield where, match[1], match[2], match[3]
            elif ANY.match(line):
                sys.exit(f"{where}: write NT_SIZE(T, n); or NT_OFFSET(T, field, n); with a literal number, one a line")


DRIVER_HEADERS = ["ntifs.h", "ntimage.h", "fltKernel.h", "aux_klib.h"]
PROGRAM_HEADERS = ["windows.h", "delayimp.h"]


def source(headers, entries):
    """The C++ text, and the first line that belongs to the entries."""
    head = [f"#include <{header}>" for header in headers]
    body = []
    for where, structure, field, value in entries:
        have = f"__builtin_offsetof({structure}, {field})" if field else f"sizeof({structure})"
        body.append(f'static_assert({have} == {value}, "{where}");')
    return "\n".join(head + body) + "\n", len(head) + 1


def diagnostics(compiler, path):
    """Line number -> first error text."""
    command = compiler + ["-fsyntax-only", "-fno-spell-checking", "-ferror-limit=0", "-w", "-Wno-invalid-offsetof", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    found = {}
    for line in run.stderr.splitlines():
        if match := re.match(r"(.+?):(\d+):\d+: (?:fatal )?error: (.*)", line):
            if Path(match[1]) != path:
                sys.exit(f"the headers do not compile: {line}")
            found.setdefault(int(match[2]), match[3])
    return found, run.stderr


def values(output, path):
    """Line number -> what a failed assertion found, from clang's notes."""
    pattern = re.compile(rf"^{re.escape(str(path))}:(\d+):\d+: note: .*'(\d+) == \d+'", re.MULTILINE)
    return {int(line): int(value) for line, value in pattern.findall(output)}


WRONG = "something else:"


def judge(arguments, name, headers, entries):
    """Where -> None if the headers agree, else the reason."""
    text, first = source(headers, entries)
    path = arguments.work / name
    path.write_text(text, encoding="utf-8")
    errors, output = diagnostics(arguments.compiler, path)
    found = values(output, path)
    reasons = {line: f"{WRONG} {found[line]:#x}" if line in found else error for line, error in errors.items()}
    return {entry[0]: reasons.get(line) for line, entry in enumerate(entries, first)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nt", type=Path, required=True, help="the folder of NT headers")
    parser.add_argument("--skipped", type=Path, required=True, help="what mingw-w64's headers do not have")
    parser.add_argument("--work", type=Path, required=True, help="where the generated file goes")
    parser.add_argument("compiler", nargs="+", help="clang and its flags for driver source")
    arguments = parser.parse_args()

    skipped = {}
    for line in arguments.skipped.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, reason = line.split("\t")
            skipped[name] = reason

    entries = list(claims(arguments.nt))
    verdicts = judge(arguments, "layout_driver.cpp", DRIVER_HEADERS, entries)
    rest = [entry for entry in entries if verdicts[entry[0]] and WRONG not in verdicts[entry[0]]]
    verdicts |= judge(arguments, "layout_program.cpp", PROGRAM_HEADERS, rest)

    failures, unknown, checked = [], set(), 0
    for where, structure, field, value in entries:
        full = f"{structure}.{field}" if field else structure
        error = verdicts[where]
        listed = full if full in skipped else structure if structure in skipped else None
        if listed and error:
            unknown.add(listed)
        elif error and WRONG in error:
            failures.append(f"nt/{where}: {full} is {value} here, {error} in the headers")
        elif error:
            failures.append(f"nt/{where}: {full}: {error} (if the headers lack it, list it in {arguments.skipped.name})")
        else:
            checked += 1
    for name in sorted(set(skipped) - unknown):
        failures.append(f"{arguments.skipped.name}: {name} needs no entry: the headers have it, or nt/ has it no more")

    print("\n".join(failures))
    print(f"{checked} sizes and offsets agree, {len(entries) - checked - sum('nt/' in f for f in failures)} skipped, "
          f"{len(failures)} wrong")
    return 1 if failures or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
