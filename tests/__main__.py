"""`python3 -m tests`: set up once, then run the whole suite. What is added goes on to pytest, in one run.

The whole suite runs in two processes beside each other, one for each core of a small machine. Both see all the
tests, and take one file after the other: whoever is done with a file takes the next that nobody has taken. Both tell
what they ran, and both must pass.
"""

import subprocess
import sys
import tempfile

from bot.bootstrap import compiling_once, enter


def main() -> int:
    enter("test")
    with compiling_once():
        return run_all()


def run_all() -> int:
    import pytest  # not before: it may just have been installed

    from tests.sharing import half, run

    if len(sys.argv) > 1:
        return int(pytest.main(sys.argv[1:]))
    with tempfile.TemporaryDirectory() as taken, tempfile.TemporaryFile() as told:
        other = subprocess.Popen(half(taken), stdout=told, stderr=subprocess.STDOUT)
        try:
            code = run(taken)
        finally:
            other.wait()
        told.seek(0)
        print("\nBeside it:\n", told.read().decode("utf-8", "replace"), sep="\n", flush=True)
        return code or other.returncode


if __name__ == "__main__":
    sys.exit(main())
