"""A coordinator's own picture in place of the programme's, for the rounds that have not opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from bot import library
from bot.series.making import store_content
from bot.series.office import BEFORE, Change, Office
from bot.series.problems import NotFound, SeriesProblem
from flows.check.rules import PICTURES
from flows.programme import PictureFile
from storage import tables as t


class PointTexts(BaseModel):
    """A numbered point: what stands in the picture, and what is told when somebody asks."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(min_length=1)
    help: str = Field(min_length=1)


class PictureTexts(BaseModel):
    """What a picture says to those who cannot see it. No picture goes without."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1)
    alt: str = Field(min_length=1)
    points: dict[int, PointTexts] = {}


def read_texts(written: Any) -> PictureTexts:
    """Raises SeriesProblem, naming each text that is missing or is none."""
    try:
        texts = PictureTexts.model_validate(written)
    except ValidationError as problem:
        wrong = ", ".join(".".join(map(str, each["loc"])) or "the file" for each in problem.errors())
        raise SeriesProblem(
            f"The picture's texts are not as they should be: {wrong}. A picture needs a title and an alt, what one "
            "sees in words; each of its points, numbered from 1, a label and a help. Nothing was changed."
        ) from problem
    if sorted(texts.points) != list(range(1, len(texts.points) + 1)):
        raise SeriesProblem("The picture's points are to be numbered 1, 2, 3 and so on. Nothing was changed.")
    return texts


def put_up(office: Office, name: str, file_name: str, file: bytes, texts: PictureTexts) -> Change:
    """Show another picture from the next meeting on. Rounds that have opened keep what they were opened with.

    The new texts are in one language; they are shown with the picture whatever language somebody reads.
    """
    office.refuse_cancelled()
    if not file_name.lower().endswith(PICTURES):
        raise SeriesProblem(f"{file_name} cannot be shown everywhere. Use one of {', '.join(PICTURES)}.")
    body = office.connection.execute(
        select(t.contents.c.body).where(t.contents.c.id == office.series.content_id)
    ).scalar_one()
    content = library.content_from_json(body)
    if name not in content.programme.pictures:
        raise NotFound("picture", name, content.programme.pictures)
    changed = _with(content, name, file_name, file, texts)
    office.set_series(content_id=store_content(office.connection, changed, office.now))
    office.record("picture", name)
    waiting = [
        each.number for each in office.meetings() if each.status in ("tentative", "confirmed", *BEFORE)
    ]
    where = ", ".join(map(str, waiting)) or "none: all have been held"
    return office.done(f"The picture {name} is now {file_name}. Sessions that will show it: {where}.")


def _with(
    content: library.Content, name: str, file_name: str, file: bytes, texts: PictureTexts
) -> library.Content:
    declared = PictureFile(file=file_name, points=len(texts.points))
    pictures = {**content.programme.pictures, name: declared}
    programme = content.programme.model_copy(update={"pictures": pictures})
    told = {"pictures": {name: texts.model_dump()}}
    spoken = {language: _merged(entries, told) for language, entries in content.texts.items()}
    return replace(content, programme=programme, texts=spoken, pictures={**content.pictures, name: file})


def _merged(entries: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """The texts with those of this picture in place of what stood there, and of no other."""
    pictures = {**entries.get("pictures", {}), **told["pictures"]}
    return {**entries, "pictures": pictures}
