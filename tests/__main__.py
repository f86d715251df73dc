"""`python3 -m tests`: set up once, then run the whole suite. What is added goes on to pytest.

For example `python3 -m tests tests/test_house.py -k flows`.
"""

import sys

from bot import bootstrap


def main() -> int:
    bootstrap.enter("test")
    import pytest  # not before: it may just have been installed

    return int(pytest.main(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
