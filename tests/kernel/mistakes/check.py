"""Runs one mistake: `check.py RINGLET IMAGE EXPECTATION [IMAGE BEFORE]...`, and compares exit code and output with NAME.toml."""

import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib


def image_to_load(image, expected, folder):
    """The driver, or the first half of it."""
    if not expected.get("truncate"):
        return image
    half = pathlib.Path(folder, image.name)
    data = image.read_bytes()
    half.write_bytes(data[: len(data) // 2])
    return half


def main():
    ringlet, image, expectation, *before = sys.argv[1:]
    expected = tomllib.loads(pathlib.Path(expectation).read_text())
    with tempfile.TemporaryDirectory() as folder:
        command = [ringlet, "run", "--timeout", "60", *expected.get("arguments", [])]
        for driver in [*before, image_to_load(pathlib.Path(image), expected, folder)]:
            command += ["--driver", str(driver)]
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=80)
    output = run.stdout + run.stderr
    print(output)
    wrong = [f"no line matches: {pattern}" for pattern in expected["output"] if not re.search(pattern, output)]
    if run.returncode != expected["exit"]:
        wrong.append(f"exit code {run.returncode}, not {expected['exit']}")
    print(*wrong, sep="\n")
    return 1 if wrong else 0


sys.exit(main())
