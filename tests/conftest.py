"""What every test may rely on."""

import gc

from hypothesis import settings

#: Databases: SQLite, and a real PostgreSQL.
pytest_plugins = ["tests.databases"]

# A deadline per example says more about who else uses the machine than about the code. As many examples as a suite
# has time for that is run before every change, and the same ones each time: its answer is about the change.
# `--hypothesis-profile long` looks further, at others each time.
settings.register_profile("runda", deadline=None, max_examples=40, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("runda")


def pytest_collection_finish() -> None:
    """What has been loaded stays: looking through it for garbage again and again would take a twentieth of all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
