"""Run venv and pip as children: show that they move, and say in plain words what went wrong.

Standard library only, like `bot.bootstrap`, which decides what is installed and where.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

QUIET_S = 1.5  # after this long without a word, a sign of life
LAST_LINES = 6  # of pip's own words, shown when it fails

INSTALLS = "Installing collected"  # pip says this when it has everything; from then on it changes files

# What pip says when it fails, and what that means. The first that is found counts.
REASONS = (
    (
        r"DO NOT MATCH THE HASHES",
        "a package is not the one that requirements/*.txt describe.",
        "Its index may serve something else. Do not go on with it; compare with another index, or tell us.",
    ),
    (
        r"No space left on device|Disk quota exceeded",
        "the disk is full.",
        "Make room (about 200 MB) and run the same command again.",
    ),
    (
        r"Retrying \(Retry|NewConnectionError|Timeout|ProxyError|Connection aborted|CERTIFICATE_VERIFY_FAILED",
        "the package index cannot be reached.",
        "Check the network, the proxy, and the index (python3 -m pip config list); then run the command again.",
    ),
    (
        r"No matching distribution|Could not find a version",
        "a package has no ready-made build for this Python or this kind of machine.",
        "Try Python 3.11, 3.12 or 3.13 on x86-64 or ARM64 (say python3.12 instead of python3).",
    ),
    (
        r"Permission denied|Read-only file system",
        "something may not be written.",
        "See below which; make it writable, or clone into a folder of your own.",
    ),
)


class SetupFailed(Exception):
    """The environment could not be made. The text says why and what to do, then what pip said last."""

    changed_nothing = False  # pip stopped while it was still collecting, before it installed anything

    @classmethod
    def from_output(cls, what: str, lines: Sequence[str], log: Path | None) -> SetupFailed:
        text = "\n".join(lines)
        why, remedy = f"{what} failed.", "See below; then run the same command again."
        for pattern, reason, way_out in REASONS:
            if re.search(pattern, text):
                why, remedy = reason, way_out
                break
        kept = f" (all of it: {log})" if log else ""
        last = [f"    {shorten(line)}" for line in lines[-LAST_LINES:]]
        failure = cls("\n".join([why, f"  {remedy}", f"  The last lines of {what}{kept}:", *last]))
        failure.changed_nothing = not any(line.startswith(INSTALLS) for line in lines)
        return failure

    @classmethod
    def by_the_system(cls, error: OSError, checkout: Path) -> SetupFailed:
        where = error.filename or checkout
        return cls(
            f"{error.strerror or error} ({where}).\n"
            f"  It keeps what it needs in {checkout}: make that writable, or clone into a folder of your own."
        )


class Installer:
    """Creates environments and fills them, telling `out` how it goes.

    `keep_open` is the number of an open file that the children inherit, so that its lock outlives us.
    """

    def __init__(self, out: TextIO, keep_open: int | None = None) -> None:
        self._out = out
        self._rewrites = out.isatty()
        self._inherit = () if keep_open is None else (keep_open,)
        self._doing, self._since = "", time.monotonic()

    def create(self, base: str, venv: Path) -> None:
        """Make an environment in the existing folder `venv`."""
        self._status("making the environment")
        code, lines = self._run([base, "-I", "-m", "venv", str(venv)])
        if code != 0:
            raise SetupFailed.from_output("venv", lines, None)

    def install(self, python: Path, requirements: Path, log: Path) -> None:
        """Install exactly what `requirements` names; keep pip's words in `log`."""
        total = len(re.findall(r"^[\w.-]+==", requirements.read_text("utf-8"), re.MULTILINE))
        collected = 0

        def follow(line: str) -> None:
            nonlocal collected
            if found := re.match(r"(?:Collecting|Processing) (?:\S*/)?(\w+(?:[.-][A-Za-z]\w*)*)", line):
                collected += 1
                self._status(f"{collected}/{total} {found[1]}")
            elif line.startswith(INSTALLS):
                self._status("installing them")
            elif left := re.search(r"Retrying \(Retry\(total=(\d+)", line):
                self._status(f"the package index does not answer; trying again ({left[1]} more)")

        code, lines = self._run(pip_command(python, requirements), follow)
        log.write_text("\n".join(lines) + "\n", "utf-8")
        if code != 0:
            raise SetupFailed.from_output("pip", lines, log)

    def say(self, line: str) -> None:
        """A line of its own, which stays."""
        self._write(f"\r\x1b[K{line}\n" if self._rewrites else f"{line}\n")

    def _status(self, what: str) -> None:
        """Where it is now: rewritten on a terminal, a line each elsewhere."""
        self._doing = what
        self._since = time.monotonic()
        self._write(self._fit(f"  {what} ...") if self._rewrites else f"  {what}\n")

    def _still(self) -> None:
        line = f"  {self._doing} ... {time.monotonic() - self._since:.0f} s"
        self._write(self._fit(line) if self._rewrites else f"{line}\n")

    def _fit(self, line: str) -> str:
        return f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}"

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()

    def _run(
        self, command: Sequence[str], follow: Callable[[str], None] | None = None
    ) -> tuple[int, list[str]]:
        """Exit code and output of `command`; each line goes to `follow` as it comes."""
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self._inherit,
        )
        lines = []
        with child:
            for line in self._lines_of(child):
                lines.append(line)
                if follow:
                    follow(line)
        return child.returncode, lines

    def _lines_of(self, child: subprocess.Popen[bytes]) -> Iterator[str]:
        """What the child says, line by line; a sign of life of our own whenever it is quiet for long."""
        assert child.stdout is not None
        source, rest = child.stdout.fileno(), b""
        while True:
            if not select.select([source], [], [], QUIET_S)[0]:
                self._still()
            elif chunk := os.read(source, 65536):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line.decode("utf-8", "replace").rstrip() for line in lines)
            else:
                if rest:
                    yield rest.decode("utf-8", "replace")
                return


def shorten(line: str, most: int = 180) -> str:
    return line if len(line) <= most else f"{line[: most - 4]} ..."


def pip_command(python: Path, requirements: Path) -> list[str]:
    """pip, on the user's own index and configuration, but with what decides the result fixed here."""
    # -I: packages on PYTHONPATH or in the user's folder must not count as installed.
    # --no-user: a `user = true` in the configuration cannot work in an environment.
    # --no-compile: Python compiles what is used when it is first used; all of it takes a third longer.
    pip = [str(python), "-I", "-u", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    options = ["--no-user", "--no-compile", "--progress-bar", "off"]
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(requirements)]
    return [*pip, "install", *options, *locked]
