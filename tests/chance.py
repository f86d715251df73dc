"""What chance decides in a test: the same each time, so that what a run says is about the change.

`RUNDA_TEST_SEED` is another number to begin from, or `any` for another one each time; each test prints its own.
"""

import os
import secrets


def a_seed() -> int:
    wanted = os.environ.get("RUNDA_TEST_SEED", "1")
    return secrets.randbelow(10**9) if wanted == "any" else int(wanted)
