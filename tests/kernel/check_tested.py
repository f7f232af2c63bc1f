#!/usr/bin/env python3
"""check_tested.py BUILD: every export of ntoskrnl and hal that is done or partial must be used by a test, a sample or a benchmark.

It is used if their sources have its name, as services and what is looked up by name are, or an image of theirs imports it, as what
macros lead to is."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "kernel/api"))
from generator import specification  # noqa: E402

MODULES = ("ntoskrnl.exe", "hal.dll")
FOLDERS = ("tests", "samples", "bench")


def words():
    sources = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in (".c", ".cpp", ".h", ".s"))
    return set().union(*(re.findall(r"\w+", path.read_text(errors="replace")) for path in sources))


def imports(build):
    images = [path for folder in FOLDERS for path in (build / folder).rglob("*") if path.suffix in (".sys", ".exe", ".dll")]
    listing = subprocess.run(["x86_64-w64-mingw32-objdump", "-p", *images], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^\t[0-9a-f]+\s.*?(\w+)$", listing, re.MULTILINE))


def names(entry):
    """A service's two names lead to one implementation."""
    twin = {"Nt": "Zw", "Zw": "Nt"}.get(entry.name[:2])
    return {entry.name, twin + entry.name[2:]} if twin else {entry.name}


spec, errors = specification.read(ROOT / "kernel/api/spec")
exports = [e for e in spec.entries if e.module in MODULES and e.exported and e.status != "absent"]
used = words() | imports(pathlib.Path(sys.argv[1]))
untested = [e.name for e in exports if not names(e) & used]
if errors or untested or not exports:
    sys.exit("\n".join(errors) or f"{len(untested)} of {len(exports)} exports are in no test: {' '.join(untested)}")
print(f"{len(exports)} exports are used by tests")
