"""Slack, put together with the rest of the house: settings, and the table of installations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.platforms.installations import Installations, Vault
from bot.settings import Misconfigured, Settings
from storage.database import Database

if TYPE_CHECKING:
    from adapters.slack import Setup, SlackPlatform

MISSING = "Slack has {there}, and lacks {lacks}. See docs/slack.md; then start again."
NOT_INSTALLED = "Slack is configured, and its libraries are not installed: pip install 'runda[slack]'"


def slack(settings: Settings, database: Database, clock: Clock) -> SlackPlatform:
    """The platform. Asks Slack nothing yet. Raises Misconfigured."""
    complete(settings)
    try:
        from adapters.slack import SlackPlatform
    except ModuleNotFoundError as missing:
        raise Misconfigured(NOT_INSTALLED) from missing

    return SlackPlatform(setup(settings), clock, installations(settings, database, clock))


def setup(settings: Settings) -> Setup:
    from adapters.slack import Setup

    return Setup(
        bot_token=_said(settings.slack_bot_token), app_token=_said(settings.slack_app_token),
        signing_secret=_said(settings.slack_signing_secret), address=settings.slack_api_url,
    )  # fmt: skip


def installations(settings: Settings, database: Database, clock: Clock) -> Installations:
    """Raises Misconfigured where a key is set that is none."""
    vault = Vault(_said(settings.key)) if settings.key else None
    return Installations(database, clock, settings, vault)


def complete(settings: Settings) -> None:
    """Whether what is there goes together. Raises Misconfigured, with what is missing."""
    if not settings.slack_bot_token:
        raise Misconfigured(MISSING.format(there="no bot token", lacks="SLACK_BOT_TOKEN (xoxb-…)"))
    if not settings.slack_app_token and not settings.slack_signing_secret:
        lacks = "SLACK_APP_TOKEN (xapp-…, Socket Mode) or SLACK_SIGNING_SECRET (HTTP)"
        raise Misconfigured(MISSING.format(there="a bot token", lacks=lacks))


def _said(secret: object) -> str:
    from pydantic import SecretStr

    return secret.get_secret_value().strip() if isinstance(secret, SecretStr) else ""
