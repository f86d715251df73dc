"""`python3 -m tests`: set up once, then run the whole suite. What is added goes on to pytest, in one run.

The whole suite runs in two processes beside each other, one for each core of a small machine (`tests.sharing`).
"""

import sys

from bot.bootstrap import compiling_once, enter


def main() -> int:
    enter("test")
    with compiling_once():
        return run_all()


def run_all() -> int:
    import pytest  # not before: it may just have been installed

    from tests.sharing import shared

    return int(pytest.main(sys.argv[1:])) if len(sys.argv) > 1 else shared()


if __name__ == "__main__":
    sys.exit(main())
