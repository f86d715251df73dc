"""Tests' databases, in this process: nothing waits for the disk, and SQLite's rows come in an order of their own.

A wait at every commit is most of what a small one takes. Nobody cuts the power during a test; what is killed is our
own process, and that loses nothing by this. And where a statement asks for no order, rows that happen to come as they
were written would hide it until one of them is written anew: so they come the other way round.
"""

import os

from storage import database


def hasten() -> None:
    """From now on, in this process."""
    database._WAITS[True] = "OFF"
    os.fsync = lambda _: None
    database._PRAGMAS = (*database._PRAGMAS, "reverse_unordered_selects=ON")
