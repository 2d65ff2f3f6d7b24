"""A terminal to run commands in: what they write, and what a person sees of it."""

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import time

PART = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b[=>()][0-9A-Z]?|([\r\n\b])|([^\x1b\r\n\b]+)")


class Screen:
    """Puts text where a terminal would; every line it ever had is kept."""

    def __init__(self):
        self.rows, self.row, self.column = [""], 0, 0

    def feed(self, text):
        for numbers, act, control, plain in PART.findall(text):
            if plain:
                self.put(plain)
            elif control == "\n":
                self.down(1)
            elif control == "\r":
                self.column = 0
            elif control == "\b":
                self.column = max(0, self.column - 1)
            elif act:
                self.act(act, [int(number) for number in numbers.split(";") if number.isdigit()])

    def put(self, plain):
        row = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = row[: self.column] + plain + row[self.column + len(plain) :]
        self.column += len(plain)

    def down(self, count):
        self.row += count
        self.rows += [""] * (self.row + 1 - len(self.rows))

    def act(self, act, numbers):
        first = numbers[0] if numbers else 0
        if act in "FA":
            self.row = max(0, self.row - (first or 1))
            self.column = 0 if act == "F" else self.column
        elif act in "EB":
            self.down(first or 1)
        elif act == "G":
            self.column = (first or 1) - 1
        elif act == "C":
            self.column += first or 1
        elif act == "D":
            self.column = max(0, self.column - (first or 1))
        elif act == "J" and first == 0:
            self.rows[self.row] = self.rows[self.row][: self.column]
            del self.rows[self.row + 1 :]
        elif act == "K" and first == 0:
            self.rows[self.row] = self.rows[self.row][: self.column]

    @property
    def text(self):
        return "\n".join(row.rstrip() for row in self.rows).rstrip("\n")


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, *command, columns=100, rows=30, **environment):
        self.raw, self.screen = "", Screen()
        self.ours, theirs = pty.openpty()
        self.resize(columns, rows, theirs)
        inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        size = {"COLUMNS": str(columns), "LINES": str(rows)}
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**inherited, **size, "TERM": "xterm-256color", **environment},
            close_fds=True,
            start_new_session=True,
            preexec_fn=_own_terminal,  # noqa: PLW1509 -- Ctrl-C reaches only whose terminal it is
        )
        os.close(theirs)

    @staticmethod
    def resize(columns, rows, file):
        import fcntl
        import termios

        fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        """Reads what is written within so many seconds; False once it has ended."""
        if not select.select([self.ours], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.ours, 65536).decode("utf-8", "replace")
        except OSError:  # the other side is closed
            return False
        self.raw += data
        self.screen.feed(data)
        return bool(data)

    def until(self, text, seconds=60, times=1):
        """Reads until a text is seen on the screen, so many times; gives the screen."""
        end = time.monotonic() + seconds
        while self.screen.text.count(text) < times:
            assert self.read(max(0.01, end - time.monotonic())), f"{text!r} was not seen:\n{self.screen.text}"
            assert time.monotonic() < end, f"{text!r} was not seen:\n{self.screen.text}"
        return self.screen.text

    def write(self, text):
        os.write(self.ours, text.encode())

    def press_ctrl_c(self):
        self.write("\x03")

    def ends(self, seconds=60):
        """Reads to the end; gives the exit code."""
        end = time.monotonic() + seconds
        while self.read(0.1):
            if self.process.poll() is not None and not select.select([self.ours], [], [], 0.1)[0]:
                break
            assert time.monotonic() < end, self.screen.text
        return self.process.wait(seconds)

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.ours)


def _own_terminal():
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
