"""What tests of changes to a series may ask for."""

import pytest


@pytest.fixture
def database(sqlite_database):
    """One will do: on both, coordinators change series in `test_counter`, and houses write at once in `test_two`."""
    return sqlite_database
