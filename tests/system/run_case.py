#!/usr/bin/env python3
"""Runs one whole-machine test: run_case.py CASE.toml IMAGES.json. What a case may say is in README.md."""
import difflib
import json
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import tomllib


class Failure(Exception):
    pass


def fill(text, names):
    """Replaces {name} by what it stands for; other braces stay."""
    return re.sub(r"\{(\w+)\}", lambda match: names.get(match[1], match[0]), text)


def sign(image):
    """Gives a PE32+ image a certificate, with nothing in it."""
    optional_header = struct.unpack_from("<I", image, 0x3c)[0] + 24
    image.extend(bytes(-len(image) % 8))
    certificate = struct.pack("<IHH", 24, 0x200, 2) + bytes(16)
    struct.pack_into("<II", image, optional_header + 112 + 4 * 8, len(image), len(certificate))
    image.extend(certificate)
    struct.pack_into("<I", image, optional_header + 64, 0)
    words = sum(struct.unpack(f"<{len(image) // 2}H", image))
    struct.pack_into("<I", image, optional_header + 64, (words - 1) % 0xffff + 1 + len(image))


def make_file(entry, names):
    """Writes a file of the case: text, or another file with bytes changed or cut."""
    path = pathlib.Path(fill(entry["path"], names))
    path.parent.mkdir(parents=True, exist_ok=True)
    if "link" in entry:
        path.symlink_to(fill(entry["link"], names))
        return
    content = bytearray(pathlib.Path(fill(entry["copy"], names)).read_bytes() if "copy" in entry
                        else entry.get("text", "").encode())
    for at, value in entry.get("patch", {}).items():
        offset = int(at, 0)
        value = bytes.fromhex(value)
        content[offset:offset + len(value)] = value
    del content[entry.get("cut", len(content)):]
    if entry.get("sign"):
        sign(content)
    path.write_bytes(content)


def match_lines(patterns, text, stream):
    """Each pattern is a whole line's regular expression; "..." stands for any lines."""
    lines = text.splitlines()
    at = 0
    skipping = False
    for pattern in patterns:
        if pattern == "...":
            skipping = True
            continue
        while skipping and at < len(lines) and not re.fullmatch(pattern, lines[at]):
            at += 1
        if at >= len(lines):
            raise Failure(f"{stream}: no line for {pattern!r}")
        if not re.fullmatch(pattern, lines[at]):
            raise Failure(f"{stream}, line {at + 1}: {lines[at]!r} is not {pattern!r}")
        at += 1
        skipping = False
    if not skipping and at != len(lines):
        raise Failure(f"{stream}, line {at + 1}: nothing more was expected, but {lines[at]!r}")


def match_json(expected, actual, where="json"):
    """Every key of a table must be there; strings are regular expressions; lists match item by item."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            if not isinstance(actual, dict) or key not in actual:
                raise Failure(f"{where}: {key!r} is missing")
            match_json(value, actual[key], f"{where}.{key}")
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            raise Failure(f"{where}: {actual!r} has not {len(expected)} items")
        for index, value in enumerate(expected):
            match_json(value, actual[index], f"{where}[{index}]")
    elif isinstance(expected, str):
        if not isinstance(actual, str) or not re.fullmatch(expected, actual):
            raise Failure(f"{where}: {actual!r} is not {expected!r}")
    elif expected != actual:
        raise Failure(f"{where}: {actual!r} is not {expected!r}")


def run(step, command, folder):
    return subprocess.run(command, capture_output=True, timeout=step.get("timeout", 60), input=step.get("input", "").encode(), cwd=folder)


def run_and_quit(step, command, folder):
    """Sends SIGQUIT when a line of standard output says so."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder) as program:
        watchdog = threading.Timer(step.get("timeout", 60), program.kill)
        watchdog.start()
        seen = b""
        for line in program.stdout:
            seen += line
            if re.fullmatch(step["quit_at"], line.decode("utf-8", "replace").rstrip("\r\n")):
                program.send_signal(signal.SIGQUIT)
                break
        rest, errors = program.communicate()
        watchdog.cancel()
        return subprocess.CompletedProcess(command, program.returncode, seen + rest, errors)


def run_step(step, names):
    command = [fill(word, names) for word in step["run"]]
    if "input" in step:
        step = {**step, "input": fill(step["input"], names)}
    result = (run_and_quit if "quit_at" in step else run)(step, command, names["tmp"])
    result.stdout, result.stderr = (stream.decode("utf-8", "replace") for stream in (result.stdout, result.stderr))
    try:
        if result.returncode != step.get("exit", 0):
            raise Failure(f"exit code {result.returncode} is not {step.get('exit', 0)}")
        for stream in ("stdout", "stderr"):
            if stream in step:
                match_lines(step[stream], getattr(result, stream), stream)
        if "json" in step:
            match_json(step["json"], json.loads(result.stdout))
        for name in step.get("exists", []):
            if not pathlib.Path(fill(name, names)).exists():
                raise Failure(f"{name} does not exist")
        for name in step.get("lacks", []):
            if pathlib.Path(fill(name, names)).exists():
                raise Failure(f"{name} exists")
    except (Failure, json.JSONDecodeError) as failure:
        raise Failure(f"{failure}\n$ {' '.join(command)}\n{result.stdout}--- stderr\n{result.stderr}") from None
    return result


def run_twice(step, names):
    """The two runs must not differ by a byte."""
    first, second = run_step(step, names), run_step(step, names)
    for stream in ("stdout", "stderr"):
        one, two = (getattr(result, stream).splitlines() for result in (first, second))
        if one != two:
            diff = list(difflib.unified_diff(one, two, "first run", "second run", lineterm="", n=2))
            raise Failure(f"{stream} differs between two runs:\n" + "\n".join(diff[:40]))


def main():
    case_path, images_path = sys.argv[1:]
    case = tomllib.loads(pathlib.Path(case_path).read_text())
    names = json.loads(pathlib.Path(images_path).read_text())
    with tempfile.TemporaryDirectory(prefix="ringlet-case-") as folder:
        names["tmp"] = folder
        names["tests"] = str(pathlib.Path(__file__).parent)
        try:
            for entry in case.get("file", []):
                make_file(entry, names)
            for step in case["step"]:
                (run_twice if step.get("twice") else run_step)(step, names)
        except Failure as failure:
            sys.exit(f"{case_path}: {failure}")
        finally:
            if "finally" in case:
                subprocess.run([fill(word, names) for word in case["finally"]], capture_output=True, timeout=60)


main()
