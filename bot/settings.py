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

    @property
    def database(self) -> str:
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data / 'runda.db'}"
