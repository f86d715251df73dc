"""`python3 -m tests`: set up once, then run the whole suite. What is added goes on to pytest, in one run.

The whole suite runs in two halves beside each other, one for each core of a small machine: those tests that start
houses and play the demo, and all the others. Both tell what they ran, and both must pass.
"""

import subprocess
import sys
import tempfile

from bot.bootstrap import enter

#: The half whose tests run processes of their own.
APART = ("tests/house", "tests/test_demo.py")


def main() -> int:
    enter("test")
    import pytest  # not before: it may just have been installed

    if len(sys.argv) > 1:
        return int(pytest.main(sys.argv[1:]))
    with tempfile.TemporaryFile() as told:
        half = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *APART]
        apart = subprocess.Popen(half, stdout=told, stderr=subprocess.STDOUT)
        try:
            code = int(pytest.main([f"--ignore={path}" for path in APART]))
        finally:
            apart.wait()
        told.seek(0)
        print(f"\n{' and '.join(APART)}:\n", told.read().decode("utf-8", "replace"), sep="\n", flush=True)
        return code or apart.returncode


if __name__ == "__main__":
    sys.exit(main())
