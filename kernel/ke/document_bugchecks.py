#!/usr/bin/env python3
"""Writes docs/bugchecks.md: every bugcheck that the kernel raises, from the table in bugcheck_text.cpp. `--check` only compares."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/bugchecks.md"
STRING = r'"((?:[^"\\]|\\.)*)"'
ENTRY = re.compile(r"\{([A-Z][A-Z_0-9]+), " + STRING + r", \{((?:" + STRING + r"(?:, )?)*)\}, k\w+\}")
VALUE = re.compile(r"\{([A-Z][A-Z_0-9]+), (\d), (\w+), " + STRING + r"\}")


def codes():
    header = (ROOT / "nt/bugcodes.h").read_text()
    return {name: int(value, 16) for name, value in re.findall(r"constexpr ULONG ([A-Z_0-9]+) = (0x[0-9A-Fa-f]+);", header)}


def page():
    source = re.sub(r"\s+", " ", (ROOT / "kernel/ke/bugcheck_text.cpp").read_text()).replace("{ ", "{").replace(" }", "}")
    number = codes()
    values = {}
    for name, index, value, text in VALUE.findall(source):
        values.setdefault((name, int(index)), []).append(f"0x{int(value, 0):X} {text}")
    lines = ["# Bugchecks", "",
             "Every bugcheck that Ringlet's kernel raises, and what its parameters mean. Written by `kernel/ke/document_bugchecks.py`;",
             "the reports of the machine say the same. A parameter that is not named is reserved.", ""]
    entries = sorted((number[match[1]], match[1], match[2], re.findall(STRING, match[3])) for match in ENTRY.finditer(source))
    for code, name, meaning, parameters in entries:
        lines += [f"## 0x{code:X} {name}", meaning, ""]
        for index, parameter in enumerate(parameters):
            lines.append(f"{index + 1}. {parameter}")
            lines += [f"   - {text}" for text in values.get((name, index), [])]
        lines += [""] if parameters else []
    return "\n".join(lines).rstrip() + "\n"


def main():
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text)
        return 0
    if PAGE.exists() and PAGE.read_text() == text:
        return 0
    print("docs/bugchecks.md is not what kernel/ke/document_bugchecks.py writes")
    return 1


if __name__ == "__main__":
    sys.exit(main())
