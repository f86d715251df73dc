"""Slack, put together with the rest of the house: settings, and the table of installations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bot.clock import Clock
from bot.documents.drawing import drawn
from bot.platforms.installations import MAKE_KEY, Installations, Seal, Vault
from bot.settings import Misconfigured, Settings
from storage.database import Database

if TYPE_CHECKING:
    from adapters.slack import Setup, SlackPlatform

MISSING = "Slack is configured by half: {lacks} is missing. See docs/slack.md; then start again."
ONE_OR_MANY = (
    "SLACK_BOT_TOKEN is for one workspace, SLACK_CLIENT_ID for many: keep one of the two. See docs/slack.md."
)
NOT_INSTALLED = (
    "Slack is set up, and its libraries are not installed: pip install '.[slack]' in Runda's folder"
)


def slack(settings: Settings, database: Database, clock: Clock) -> SlackPlatform:
    """The platform. Asks Slack nothing yet. Raises Misconfigured."""
    complete(settings)
    try:
        from adapters.slack import SlackPlatform
    except ModuleNotFoundError as missing:
        raise Misconfigured(NOT_INSTALLED) from missing

    keeper = installations(settings, database, clock)
    seal = Seal(keeper.vault, clock) if keeper.vault is not None else None
    return SlackPlatform(setup(settings), clock, keeper, seal, draw=drawn)


def greeting(platform: Any) -> Iterator[str]:
    """In short; `runda doctor` asks Slack about everything."""
    from bot.platforms.checkup import lacking

    there = list(platform.workspaces.all())
    if not there:
        yield "Slack has not said yet who we are there. What is wrong: runda doctor"
    for each in there:
        yield f"Slack: {each.name} ({each.workspace})."
        if missing := lacking(each):
            yield f"Slack lacks scopes in {each.name}: {', '.join(missing)}. What to do: runda doctor"


def setup(settings: Settings) -> Setup:
    from adapters.slack import Setup

    return Setup(
        bot_token=_said(settings.slack_bot_token), app_token=_said(settings.slack_app_token),
        signing_secret=_said(settings.slack_signing_secret), address=settings.slack_api_url,
        client_id=settings.slack_client_id or "", client_secret=_said(settings.slack_client_secret),
        url=settings.url or "",
    )  # fmt: skip


def installations(settings: Settings, database: Database, clock: Clock) -> Installations:
    """Raises Misconfigured where a key is set that is none."""
    vault = Vault(_said(settings.key)) if settings.key else None
    return Installations(database, clock, settings, vault)


def complete(settings: Settings) -> None:
    """Whether what is there goes together. Raises Misconfigured, with the first thing that is missing."""
    told = settings.slack_app_token or settings.slack_signing_secret
    ways: tuple[object, str] = (told, "SLACK_APP_TOKEN (xapp-…, Socket Mode) or SLACK_SIGNING_SECRET (HTTP)")
    if not settings.slack_client_id:
        needed = [(settings.slack_bot_token, "SLACK_BOT_TOKEN (xoxb-…)"), ways]
    elif settings.slack_bot_token:
        raise Misconfigured(ONE_OR_MANY)
    else:
        needed = [
            ways,
            (settings.slack_client_secret, "SLACK_CLIENT_SECRET"),
            (settings.url, "RUNDA_URL, where the world finds this server (https://…),"),
            (settings.key, f"RUNDA_KEY ({MAKE_KEY})"),
        ]
    for there, lacks in needed:
        if not there:
            raise Misconfigured(MISSING.format(lacks=lacks))


def _said(secret: object) -> str:
    from pydantic import SecretStr

    return secret.get_secret_value().strip() if isinstance(secret, SecretStr) else ""
