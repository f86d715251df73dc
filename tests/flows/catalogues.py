"""The bot's own catalogues, read as `flows.language` wants them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from flows.language import Catalogue

ZONE = "Europe/Oslo"
#: Quotation marks of the language; a stray kind is a copy from another catalogue.
QUOTES = {"nb": "«»", "nn": "«»", "sv": "””", "en": "“”"}


def source(language: str) -> str:
    return files("flows.texts").joinpath(f"{language}.yaml").read_text("utf-8")


@cache
def texts(language: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(source(language))
    return found


@cache
def catalogue(language: str) -> Catalogue:
    return Catalogue(language, texts(language), ZONE)
