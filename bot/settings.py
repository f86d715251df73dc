"""What is set from outside, by environment variable or `.env`; every command option names its twin here."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, by the command line; nothing else looks at the environment."""

    model_config = SettingsConfigDict(
        env_prefix="RUNDA_", env_file=".env", extra="ignore", populate_by_name=True
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
    language: str | None = Field(None, description="nb, nn, sv or en; otherwise the machine's own.")

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

    @property
    def database(self) -> str:
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data / 'runda.db'}"
