"""`python3 -m bench`: measure the house once, and print what it comes to. Takes some minutes."""

from __future__ import annotations

import sys

from bot import bootstrap


def main() -> int:
    bootstrap.enter("test")  # the platforms' libraries are in it
    from bench.report import run  # not before: its dependencies may just have been installed

    with bootstrap.compiling_once():
        return run(sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
