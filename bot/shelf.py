"""What does not change while the house runs: contents by id, and the bot's own words. Read once, then kept."""

from __future__ import annotations

import re
from functools import lru_cache

from sqlalchemy import select

from bot import library
from flows.language import Catalogue
from flows.programme import Programme
from storage import tables as t
from storage.unit import SessionRow, Unit

#: In a drawing, the place for a text of its picture: `{points.3.label}`.
_LABEL = re.compile(r"\{([a-z0-9.-]+)\}")
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
#: Contents kept at hand. A content is a few hundred kilobytes; a house runs a handful at a time.
KEPT = 32


class Shelf:
    """Programmes by the id of their content; catalogues by language and zone."""

    def __init__(self) -> None:
        self._contents: dict[str, library.Content] = {}
        self.catalogue, self.vocabulary = library.bot_catalogue, _vocabulary
        self._programme_texts = lru_cache(maxsize=128)(self._texts)

    def content(self, unit: Unit, content_id: str) -> library.Content:
        """A content never changes under its id, so what has been read once is right for ever."""
        if content_id not in self._contents:
            body = unit.all(select(t.contents.c.body).where(t.contents.c.id == content_id))[0][0]
            if len(self._contents) >= KEPT:
                self._contents.pop(next(iter(self._contents)))
            self._contents[content_id] = library.content_from_json(body)
        return self._contents[content_id]

    def programme(self, unit: Unit, content_id: str) -> Programme:
        return self.content(unit, content_id).programme

    def lacks_groups(self, unit: Unit, row: SessionRow) -> bool:
        return self.programme(unit, row.content_id).lacks_groups(row.number, undivided=row.undivided)

    def programme_texts(self, unit: Unit, content_id: str, language: str, zone: str) -> Catalogue:
        """The programme's texts in that language, or in its own first one."""
        self.content(unit, content_id)
        return self._programme_texts(content_id, language, zone)

    def picture(self, unit: Unit, content_id: str, name: str, language: str) -> bytes:
        """A drawing (SVG) with its labels in that language; a photograph (PNG) as it is."""
        file = self.content(unit, content_id).pictures[name]
        if not file.lstrip().startswith(b"<"):
            return file
        texts = self.programme_texts(unit, content_id, language, "UTC")
        return _LABEL.sub(lambda label: _label(texts, name, label[1]), file.decode()).encode()

    def _texts(self, content_id: str, language: str, zone: str) -> Catalogue:
        content = self._contents[content_id]
        spoken = language if language in content.texts else content.programme.languages[0]
        return Catalogue(spoken, content.texts[spoken], zone)


@lru_cache(maxsize=8)
def _vocabulary(language: str) -> dict[str, list[str]]:
    return library.bot_catalogue(language, "UTC").vocabulary()


def _label(texts: Catalogue, picture: str, key: str) -> str:
    return texts.say(f"pictures.{picture}.{key}").translate(_ESCAPED)
