"""The generator of the API specification: what it refuses, and what it writes. The specifications are in kernel/api/testdata."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATE = ROOT / "kernel/api/generate.py"
TESTDATA = ROOT / "kernel/api/testdata"


def run(*arguments):
    return subprocess.run([sys.executable, GENERATE, *map(str, arguments)], capture_output=True, text=True)


class BadSpecification(unittest.TestCase):
    """Each folder but good/ holds one mistake; the first line of its spec.toml is the message it must cause."""

    def test_messages(self):
        for spec in sorted(TESTDATA.glob("*/ntoskrnl.exe/spec.toml")):
            case = spec.parents[1].name
            if case == "good":
                continue
            with self.subTest(case=case):
                expected = spec.read_text().splitlines()[0].removeprefix("# expect: ")
                result = run("--spec", TESTDATA / case, "--check")
                self.assertEqual(result.returncode, 1)
                self.assertIn("error: ntoskrnl.exe/spec.toml: ", result.stderr)
                self.assertIn(expected, result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), 1)


class GoodSpecification(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.spec = Path(folder.name) / "spec"
        self.output = Path(folder.name) / "output"
        self.coverage = Path(folder.name) / "coverage.md"
        shutil.copytree(TESTDATA / "good", self.spec)
        self.generate()

    def generate(self):
        result = run("--spec", self.spec, "--output", self.output, "--coverage", self.coverage)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def line(self, file, start):
        lines = [l.strip() for l in (self.output / file).read_text().splitlines() if l.strip().startswith(start)]
        self.assertEqual(len(lines), 1, f"{start} in {file}")
        return lines[0]

    def row(self, module, name):
        return self.line("exports.cpp", f'{{"{module}", "{name}", ')

    def test_function(self):
        self.assertEqual(
            self.row("ntoskrnl.exe", "KeFoo"),
            '{"ntoskrnl.exe", "KeFoo", "NTSTATUS", "in opt const VOID* Base, inout PULONG Counts[], in BOOLEAN Wait", '
            '"Says \\"foo\\".", reinterpret_cast<const void*>(&RINGLET_NARROWED(KeFoo)), Status::Done, Kind::Sysv, '
            '3, 0, 2, true, 0, nullptr},')

    def test_narrow_parameters_are_cut(self):
        self.assertIn("return KeFoo(a0, a1, (UCHAR)a2);", self.line("narrow.cpp", "ULONG_PTR Narrow_KeFoo("))

    def test_variadic(self):
        self.assertIn("Status::Partial, Kind::Variadic, 1, 0, 15, true", self.row("ntoskrnl.exe", "KeFooPrint"))

    def test_leaf_with_symbol(self):
        self.assertIn("(&KiFooFast), Status::Done, Kind::Leaf", self.row("ntoskrnl.exe", "KeFooFast"))

    def test_data(self):
        self.assertIn("nullptr, Status::Done, Kind::Data, 0, 0, 15, true, 4", self.row("ntoskrnl.exe", "KeFooCount"))
        self.assertEqual(self.line("ntoskrnl.exe.def", "KeFooCount"), "KeFooCount CONSTANT")

    def test_not_exported(self):
        self.assertIn("false, 0, nullptr", self.row("ntoskrnl.exe", "KeFooPrivate"))
        self.assertNotIn("KeFooPrivate", (self.output / "ntoskrnl.exe.def").read_text())

    def test_forward_inherits(self):
        self.assertIn('Status::Done, Kind::Sysv, 3, 0, 2, true, 0, "ntoskrnl.KeFoo"', self.row("hal.dll", "KeFoo"))

    def test_service(self):
        self.assertIn("RINGLET_NARROWED(NtFoo)", self.row("ntoskrnl.exe", "NtFoo"))
        self.assertIn("&Zw_NtFoo", self.row("ntoskrnl.exe", "ZwFoo"))
        self.assertIn("&Syscall_NtFoo", self.row("ntdll.dll", "NtFoo"))
        self.assertIn("&Syscall_NtFoo", self.row("ntdll.dll", "ZwFoo"))
        self.assertEqual(self.line("services.h", "kNtFoo ="), "kNtFoo = 0,")
        self.line("services.h", "inline NTSTATUS NtFoo(HANDLE Handle, BOOLEAN Wait)")

    def test_service_under_its_zw_name_only(self):
        self.row("ntoskrnl.exe", "ZwFooHidden")
        self.assertNotIn('{"ntoskrnl.exe", "NtFooHidden"', (self.output / "exports.cpp").read_text())

    def test_absent_has_no_symbol(self):
        self.assertIn('"Is missing.", nullptr, Status::Absent', self.row("ntoskrnl.exe", "KeBar"))

    def test_unchanged_files_are_kept(self):
        before = {path: path.stat().st_mtime_ns for path in self.output.iterdir()}
        self.generate()
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in self.output.iterdir()})

    def test_coverage_page(self):
        self.assertIn("| [ntoskrnl.exe](#ntoskrnlexe) | 6 | 1 | 1 | 8 |", self.coverage.read_text())
        self.assertEqual(run("--spec", self.spec, "--check", "--coverage", self.coverage).returncode, 0)
        self.coverage.write_text("old")
        result = run("--spec", self.spec, "--check", "--coverage", self.coverage)
        self.assertEqual(result.returncode, 1)
        self.assertIn("is stale", result.stderr)

    def test_prune(self):
        before = (self.output / "exports.cpp").read_text()
        self.assertEqual(run("--spec", self.spec, "--prune").returncode, 0)
        text = (self.spec / "ntoskrnl.exe/absent-foo.toml").read_text()
        self.assertIn("[KeBar]", text)
        self.assertNotIn("[KeFoo]", text)
        self.assertNotIn("[NtFoo]", text)
        self.generate()
        self.assertEqual(before, (self.output / "exports.cpp").read_text())


if __name__ == "__main__":
    unittest.main()
