"""What is set from outside, by environment variable or `.env`; every command option names its twin here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Misconfigured(Exception):
    """What is set from outside does not go together; the text says what to do."""


class Settings(BaseSettings):
    """Read once, by the command line; nothing else looks at the environment."""

    model_config = SettingsConfigDict(
        env_prefix="RUNDA_", env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    #: Where the embedded database, the terminal's threads and backups are kept.
    data: Path = Field(
        Path("runda-data"), description="Folder for the embedded database and the terminal's threads."
    )
    #: SQLAlchemy's URL. Empty: SQLite in the data folder.
    database_url: SecretStr | None = Field(
        None, validation_alias="DATABASE_URL", description="PostgreSQL, by URL."
    )
    #: The organisation that commands speak for, where there are several.
    organisation: str = Field("Runda", description="The organisation that owns what is set up.")
    language: Literal["nb", "nn", "sv", "en"] | None = Field(None, description="Otherwise the machine's own.")

    #: Telegram. A bot has a token from BotFather; see docs/telegram.md.
    telegram_bot_token: SecretStr | None = Field(
        None, validation_alias="TELEGRAM_BOT_TOKEN", description="The bot's token, from BotFather."
    )
    telegram_api_url: str | None = Field(
        None, validation_alias="TELEGRAM_API_URL", description="A Bot API server of one's own."
    )
    telegram_webhook_url: str | None = Field(
        None,
        validation_alias="TELEGRAM_WEBHOOK_URL",
        description="Where Telegram finds this server, as https://…; empty: updates are fetched.",
    )

    #: Slack, by the names that its own libraries use; see docs/slack.md.
    slack_bot_token: SecretStr | None = Field(
        None, validation_alias="SLACK_BOT_TOKEN", description="The bot's token, xoxb-…"
    )
    slack_app_token: SecretStr | None = Field(
        None, validation_alias="SLACK_APP_TOKEN", description="For Socket Mode: an app-level token, xapp-…"
    )
    slack_signing_secret: SecretStr | None = Field(
        None, validation_alias="SLACK_SIGNING_SECRET", description="For HTTP: what Slack signs requests with."
    )
    slack_client_id: str | None = Field(
        None, validation_alias="SLACK_CLIENT_ID", description="For many workspaces: the app's client id."
    )
    slack_client_secret: SecretStr | None = Field(
        None,
        validation_alias="SLACK_CLIENT_SECRET",
        description="For many workspaces: the app's client secret.",
    )
    slack_api_url: str | None = Field(
        None, validation_alias="SLACK_API_URL", description="Another Web API, such as GovSlack's."
    )
    #: Encrypts the tokens of workspaces that have installed the app.
    key: SecretStr | None = Field(None, description="A key of Fernet's; needed for many workspaces.")
    #: Where the world finds this server, if workspaces install Runda by themselves, or calendars follow series.
    url: str | None = Field(None, description="The public address, https://…")
    #: Where requests are taken, if anything needs HTTP.
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(3000, ge=0, le=65535, description="The port to listen on.")

    @field_validator("telegram_bot_token")
    @classmethod
    def _of_a_bot(cls, token: SecretStr | None) -> SecretStr | None:
        """What comes before the colon is the bot's number, and is no secret: so there has to be a colon."""
        if token is not None and not re.fullmatch(r"\d+:\S+", token.get_secret_value()):
            raise ValueError("it is a number, a colon and a word, as BotFather gives it")
        return token

    @classmethod
    def twin(cls, name: str) -> str:
        """What a setting is called in the environment."""
        return str(cls.model_fields[name].validation_alias or f"RUNDA_{name.upper()}")

    @property
    def slack(self) -> bool:
        """Whether anything of Slack's is set."""
        return any((self.slack_bot_token, self.slack_app_token, self.slack_client_id))

    @property
    def database(self) -> str:
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data / 'runda.db'}"
