"""Two runs of pytest that share the suite. Both see all the tests, and take one file after the other: whoever is done
with a file takes the next that nobody has taken. Both tell what they ran, and both must pass.

    python -m tests.sharing FOLDER

is the second of them. FOLDER, empty in the beginning, is where both put a mark for each file that they take. The second
begins when the first has read every module: so what Python compiles is compiled once.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import pytest

#: Begun first, in this order, because they take longest: so neither is left alone with one of them in the end.
FIRST = (
    "tests/platforms/test_programmes.py", "tests/test_demo.py", "tests/platforms/test_telegram_selfcheck.py",
    "tests/test_bench.py", "tests/platforms/test_slack_selfcheck.py", "tests/platforms/test_slack_faults.py",
    "tests/platforms/test_slack_kill.py", "tests/platforms/test_telegram_", "tests/house/test_kill.py",
    "tests/house/test_serve.py", "tests/platforms/", "tests/house/", "tests/bot/test_counter_guided.py",
    "tests/bot/test_rights_erasing.py", "tests/bot/test_recaps_", "tests/test_cli.py", "tests/flows/test_mutations.py",
    "tests/bot/", "tests/adapters/", "tests/flows/test_engine_properties.py",
)  # fmt: skip


class Sharing:
    """A plugin for one of the two. `ready` is called when all tests have been found."""

    def __init__(self, taken: Path, ready: Callable[[], object]) -> None:
        self.taken, self.ready = taken, ready

    def pytest_collection_finish(self) -> None:
        self.ready()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """As pytest does it, with the files that nobody else takes."""
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} errors during collection")
        mine = self._mine(session.items)
        item = next(mine, None)
        while item is not None:
            following = next(mine, None)  # pytest keeps the fixtures that this one needs as well
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
            item = following
        return True

    def _mine(self, items: list[pytest.Item]) -> Iterator[pytest.Item]:
        for number, (_, tests) in enumerate(groupby(sorted(items, key=_rank), key=lambda item: item.path)):
            if self._take(number):
                yield from tests

    def _take(self, number: int) -> bool:
        try:
            (self.taken / str(number)).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, path in enumerate(FIRST) if item.nodeid.startswith(path)), len(FIRST))


def shared() -> int:
    """The first run, and the second beside it."""
    with TemporaryDirectory() as taken, TemporaryFile() as told:
        second: list[subprocess.Popen[bytes]] = []
        command = [sys.executable, "-m", "tests.sharing", taken]
        try:
            code = run(
                taken, lambda: second.append(subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT))
            )
        finally:
            codes = [each.wait() for each in second]
        told.seek(0)
        print("\nBeside it:\n", told.read().decode("utf-8", "replace"), sep="\n", flush=True)
        return max(code, *map(abs, codes))


def run(taken: str, ready: Callable[[], object]) -> int:
    """Run what the other does not take. How far each has come is not known: so dots, and no percents."""
    arguments = ["-p", "no:cacheprovider", "-o", "console_output_style=classic"]
    return int(pytest.main(arguments, plugins=[Sharing(Path(taken), ready)]))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], lambda: None))
