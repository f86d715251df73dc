"""What the demo leaves behind when it is asked to: one page with everything, and the recaps as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from adapters.terminal.records import Posted
from bot import library
from bot.demo.reading import EVER, Sitting, records, sittings
from bot.demo.script import PLENUM
from bot.demo.stage import ORGANISATION, Stage, local
from bot.demo.threads import group_line, thread_of, title_of
from bot.page import Section, Talk, document, picture, pieces
from bot.recaps.files import files
from bot.recaps.ledger import ledger
from bot.series.naming import slug
from bot.series.office import open_office
from bot.words import Speaker
from storage import tables as t
from storage.unit import Unit

PAGE = "index.html"
PICTURE = "picture"


def write(stage: Stage, out: Path) -> list[str]:
    """Returns the names of the files and folders. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    (out / PAGE).write_text(page(stage), "utf-8")
    names = {PAGE: None}
    for path, words in recaps(stage).items():
        place = out / "recaps" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(words, "utf-8")
        names[f"recaps/{Path(path).parts[0]}/"] = None
    return list(names)


def recaps(stage: Stage) -> dict[str, str]:
    """Every recap that went out, by its path, in Markdown."""
    with stage.database.read() as connection:
        called = str(connection.execute(select(t.series.c.slug)).scalar_one())
        office = open_office(connection, ORGANISATION, called, stage.cast.coordinator, stage.clock.now())
        unit = Unit(connection)
        rows = ledger(unit, office.series.id)
        found = files(office, unit, Speaker(stage.house.shelf), "coordinator", rows)
        return {str(path): words for path, words in found}


# -- the page


def page(stage: Stage) -> str:
    say, listed = stage.texts.say, sittings(stage)
    sections = [
        *_pictures(stage),
        Section(say("demo.page.threads"), _alone(stage), list(_threads(stage, listed)), "threads"),
        Section(say("demo.page.recaps"), "", list(_recaps(stage, listed)), "recaps"),
        Section(say("demo.page.managers"), "", list(_managers(stage)), "managers"),
    ]
    place = stage.cast.place
    return document(
        stage.play.language, say("demo.page.title", place=place), say("demo.intro", place=place),
        say("demo.page.contents"), sections,
    )  # fmt: skip


def _pictures(stage: Stage) -> Iterator[Section]:
    if not stage.programme.pictures:
        return
    figures = []
    with stage.database.read() as connection:
        content = connection.execute(select(t.series.c.content_id)).scalar_one()
        for name in stage.programme.pictures:
            drawn = stage.house.shelf.picture(Unit(connection), content, name, stage.play.language)
            if drawn.lstrip().startswith(b"<"):
                figures.append(picture(drawn, stage.said.say(f"pictures.{name}.alt")))
    if figures:
        yield Section(stage.texts.say("demo.page.picture"), "".join(figures), (), PICTURE)


def _alone(stage: Stage) -> str:
    return f"<p>{stage.texts.say('demo.alone')}</p>\n"


def _threads(stage: Stage, listed: list[Sitting]) -> Iterator[Section]:
    anchors: dict[str, str] = {}
    talks = {group: _talk(stage, anchors) for group in (*stage.cast.groups, PLENUM)}
    for number in sorted({each.number for each in listed}):
        mine = [each for each in listed if each.number == number]
        parts = [
            Section(group_line(stage, each.group), talks[each.group].html(thread_of(stage, each, listed)))
            for each in mine
        ]
        yield Section(title_of(stage, mine[0]), "", parts)


def _talk(stage: Stage, anchors: dict[str, str]) -> Talk:
    texts = {
        **library.bot_texts(stage.play.language).get("terminal", {}),
        "noted": stage.texts.say("receipt.kept"),
    }

    def when(what: Any) -> tuple[str, str]:
        at: datetime = local(what.at)
        return f"{at:%H:%M}", at.isoformat(timespec="minutes")

    return Talk(stage.cast.names, texts, when, anchors, PICTURE if stage.programme.pictures else "")


def _recaps(stage: Stage, listed: list[Sitting]) -> Iterator[Section]:
    for sitting in listed:
        if sitting.group == PLENUM:
            continue
        found = records(stage, sitting.channel, since=sitting.starts_at, until=_until(sitting, listed))
        name = stage.cast.groups[sitting.group][0]
        title = stage.texts.say("demo.page.recap", group=name, number=sitting.number)
        for each in found:
            if isinstance(each, Posted) and each.sort == "recap":
                # The last line asks what people have thought since; it is no part of the recap.
                yield Section(title, "".join(pieces(each.pieces[:-1], heading="h4")))


def _until(sitting: Sitting, listed: list[Sitting]) -> datetime:
    later = (
        each.starts_at for each in listed if each.group == sitting.group and each.number > sitting.number
    )
    return min(later, default=EVER)


def _managers(stage: Stage) -> Iterator[Section]:
    for each in stage.terminal.places.read(f"@{slug(stage.cast.manager)}"):
        if isinstance(each, Posted) and each.sort == "recap":
            title, *rest = each.pieces
            yield Section(title.words, "".join(pieces(rest, heading="h4")))
