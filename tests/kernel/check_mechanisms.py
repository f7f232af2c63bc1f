#!/usr/bin/env python3
"""Every test that docs/mechanisms.md names must exist."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

named = re.findall(r"\| `(\w+)\.(\w+)` \|", (ROOT / "docs/mechanisms.md").read_text())


def exists(family, test):
    return any(f"KTEST({test})" in path.read_text() for path in (ROOT / "tests/kernel").glob(f"{family}.c*"))


missing = [f"{family}.{test}" for family, test in named if not exists(family, test)]
if missing or not named:
    sys.exit(f"docs/mechanisms.md names tests that do not exist: {', '.join(missing) or 'it names none'}")
print(f"{len(named)} rules have their tests")
