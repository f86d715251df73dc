"""`python3 -m bench`: measure the house once, and print what it comes to. Takes about a minute."""

from __future__ import annotations

import sys

from bot import bootstrap


def main() -> int:
    bootstrap.enter("base")
    from bench.report import run  # not before: its dependencies may just have been installed

    return run(sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
