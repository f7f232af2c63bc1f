#!/usr/bin/env python3
"""`ringlet shell` at a terminal: shell_terminal.py RINGLET. What TAB completes, what the arrow keys bring back, what is remembered."""
import os
import pathlib
import pty
import select
import sys
import tempfile
import time

PROMPT = "ringlet> "
UP = "\x1b[A"


class Terminal:
    def __init__(self, command, environment):
        self.seen = ""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execve(command[0], command, environment)

    def expect(self, text):
        """Waits until it has been printed after what was expected before."""
        deadline = time.monotonic() + 30
        while text not in self.seen:
            ready, _, _ = select.select([self.descriptor], [], [], max(0, deadline - time.monotonic()))
            try:
                data = os.read(self.descriptor, 4096) if ready else b""
            except OSError:
                data = b""
            if not data:
                sys.exit(f"{text!r} was not printed; this was: {self.seen!r}")
            self.seen += data.decode("utf-8", "replace")
        self.seen = self.seen.split(text, 1)[1]

    def send(self, text):
        os.write(self.descriptor, text.encode())

    def exit_code(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


def main():
    ringlet = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="ringlet-shell-") as name:
        folder = pathlib.Path(name)
        environment = {**os.environ, "XDG_RUNTIME_DIR": name, "XDG_STATE_HOME": name, "TERM": "vt100"}
        shell = Terminal([ringlet, "shell"], environment)
        shell.expect(PROMPT)
        shell.send("vers\t\r")  # a command
        shell.expect("ringlet 0.")
        shell.expect(PROMPT)
        shell.send("boot\r")
        shell.expect("The machine is up.")
        shell.expect(PROMPT)
        shell.send("winobj \\Kernel\t\r")  # an object of the machine
        shell.expect("LowMemoryCondition")
        shell.expect(PROMPT)
        shell.send("poolmon --ta\tNone\r")  # an option
        shell.expect("Mapped_Driver")
        shell.expect(PROMPT)
        shell.send(UP + UP + "\r")  # the line before the last
        shell.expect("LowMemoryCondition")
        shell.expect(PROMPT)
        shell.send("shutdown\r")
        shell.expect("The machine is down.")
        shell.expect(PROMPT)
        shell.send("exit 3\r")
        code = shell.exit_code()
        if code != 3:
            sys.exit(f"exit code {code} is not 3")
        if "winobj" not in (folder / "ringlet/history").read_text():
            sys.exit("the history was not kept")


main()
