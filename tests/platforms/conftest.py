"""One keeper for all tests that let the installed command run."""

from collections.abc import Iterator

import pytest

from tests.platforms.slack_keeper import Keeper


@pytest.fixture(scope="session")
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()
