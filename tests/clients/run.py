#!/usr/bin/env python3
"""Runs a client on a machine and compares its standard output and its exit code, all 32 bits of it, with what is expected."""
import argparse
import difflib
import json
import pathlib
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--expect", type=pathlib.Path, required=True, help="file with the expected standard output")
    parser.add_argument("--exit", type=lambda text: int(text, 0), default=0, help="the client's exit code")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- ringlet run ...")
    arguments = parser.parse_args()
    command = arguments.command[1:]

    stdin = arguments.expect.with_suffix(".input")
    with stdin.open("rb") if stdin.exists() else open("/dev/null", "rb") as source:
            done = subprocess.run(command[:2] + ["--json"] + command[2:], stdin=source, capture_output=True, check=False)
    text = done.stdout.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    start = text.rfind("\n{\n") + 1
    try:
        result = json.loads(text[start:])
    except ValueError:
        print(text, done.stderr.decode("utf-8", "replace"), sep="\n")
        return "no result from the machine"
    output = text[:start]

    failures = []
    code = result.get("client", {}).get("exit_code")
    if code != arguments.exit:
        failures.append(f"exit code {code if code is None else hex(code)}, expected {arguments.exit:#x}")
    if result.get("bugcheck"):
        failures.append(f"bugcheck {result['bugcheck']['name']}")
    if result.get("leftovers"):
        failures.append(f"left behind: {result['leftovers']}")
    expected = arguments.expect.read_text(encoding="utf-8")
    if output != expected:
        failures.append("output differs:\n" + "".join(difflib.unified_diff(
            expected.splitlines(True), output.splitlines(True), "expected", "printed")))
    if failures:
        print(done.stderr.decode("utf-8", "replace"))
    return "\n".join(failures) or None


if __name__ == "__main__":
    sys.exit(main())
