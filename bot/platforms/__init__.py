"""The chat platforms that are configured, put together with the rest of the house.

    slack           one workspace by its tokens, or many that have installed the app
    installations   which workspaces those are, and with which tokens
    telegram        one bot
    checkup         what `runda doctor` says of Slack
    telegram_checkup    ... and of Telegram

The terminal is always there. The libraries of the others are imported only where they are configured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adapters.port import Platform
    from adapters.terminal import TerminalPlatform
    from bot.clock import Clock
    from bot.settings import Settings
    from storage.database import Database

    Configured: TypeAlias = tuple[TerminalPlatform, *tuple[Platform, ...]]


def configured(settings: Settings, database: Database, clock: Clock) -> Configured:
    """The terminal, and what else there are settings for. Asks nobody anything yet.

    Raises Misconfigured, and OSError where the data folder cannot be written.
    """
    from adapters.terminal import TerminalPlatform

    others: Sequence[Platform | None] = (
        _slack(settings, database, clock),
        _telegram(settings, database, clock),
    )
    terminal = TerminalPlatform(settings.data / "terminal", clock)
    return terminal, *(each for each in others if each is not None)


def greetings(platforms: Iterable[Platform]) -> Iterator[str]:
    """What is said of each when Runda has started: where it is, and what is wrong as far as is known by then."""
    for platform in platforms:
        if platform.name == "slack":
            from bot.platforms.slack import greeting

            yield from greeting(platform)
        else:
            yield f"Also: {platform.name.capitalize()}."


def _slack(settings: Settings, database: Database, clock: Clock) -> Platform | None:
    if not settings.slack:
        return None
    from bot.platforms.slack import slack

    return slack(settings, database, clock)


def _telegram(settings: Settings, database: Database, clock: Clock) -> Platform | None:
    if settings.telegram_bot_token is None:
        return None
    from bot.platforms.telegram import telegram

    return telegram(settings, database, clock)
