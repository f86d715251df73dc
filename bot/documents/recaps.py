"""A recap as a document: what it says, and what is known of it.

Of a group's recap, the version that went out last; before that, as it would go out, unless it is held. Of the
managers', the version that they were sent last: a draft in a file has gone out, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from adapters.port import Block, Spoken
from bot.recaps import desk, managers, reading
from bot.recaps.desk import open_desk
from bot.recaps.groups import HELD
from bot.recaps.wording import Draft
from bot.series.office import Office
from bot.series.problems import SeriesProblem
from bot.words import Speaker
from flows import sight
from flows.language import Catalogue
from flows.sight import Viewer
from storage import tables as t
from storage.unit import Unit


@dataclass(frozen=True, slots=True)
class Document:
    """`name`: which document it is; `about`: lines on where it comes from; `words`: the recap, its title first."""

    name: str
    organisation: str
    series: str
    language: str
    #: group, managers, series
    kind: str
    session: int
    group: str | None
    #: None: it has not gone out.
    version: int | None
    approved_at: datetime | None
    about: tuple[str, ...]
    contents: str
    words: Spoken
    #: In its language.
    texts: Catalogue

    @property
    def title(self) -> str:
        return self.words.blocks[0].words

    @property
    def parts(self) -> Iterator[tuple[Block | None, list[Block]]]:
        """A heading and what stands under it; first what stands under the title, without a heading."""
        heading: Block | None = None
        under: list[Block] = []
        for block in self.words.blocks[1:]:
            if block.kind != "heading":
                under.append(block)
                continue
            yield heading, under
            heading, under = block, []
        yield heading, under


def of_group(
    office: Office, unit: Unit, speaker: Speaker, viewer: Viewer, number: int, group: str | None
) -> Document:
    """Raises SeriesProblem where there is none, or it is held, and NotYours."""
    one = open_desk(office, unit, speaker.shelf, _none, viewer, number, group, lock=False)
    desk.require(viewer, one.fate)
    out = {row.id for row, _ in one.ledger.went_out(one.ledger.groups[one.sitting.id])}
    last = next((each for each in reversed(one.versions) if each.id in out), None)
    draft = _stored(last) if last is not None else one.draft()
    if draft.status == HELD:
        raise SeriesProblem(
            f"The recap of session {number} for {one.sitting.name} is held, so it is in no file."
        )
    shown = Draft(draft.points, draft.words, draft.status, draft.version, draft.approved_at, draft.session_id, draft.id,
                  numbered=False, said=draft.said)  # fmt: skip
    said = reading.say(speaker, unit, shown, one.sitting, office.now)
    version = draft.version if last is not None else None
    return _document(office, speaker, said, "group", number, group=one.sitting.name, version=version,
                     approved_at=draft.approved_at)  # fmt: skip


def of_managers(
    office: Office, unit: Unit, speaker: Speaker, viewer: Viewer, number: int, *, whole: bool = False,
    version: int | None = None,
) -> Document:  # fmt: skip
    """Of a meeting, or of the series up to it; of `version`, otherwise of the last that went out.

    Raises SeriesProblem where none has been approved, and NotYours.
    """
    sight.require(viewer, "manager-recap", given={"logged"})
    row = office.meeting(number)
    r = t.recaps.c
    sent = select(t.recaps).where(
        r.meeting_id == row.id, r.session_id.is_(None), r.status.in_(SENT), r.whole == whole
    )
    if version is not None:
        sent = sent.where(r.version == version)
    last = next(iter(unit.all(sent.order_by(r.version.desc()).limit(1))), None)
    if last is None:
        of = f"the series until session {number}" if whole else f"session {number}"
        words = f"The managers' recap of {of} is not approved, so it is in no file. Approve it first: "
        which = " --series" if whole else ""
        raise SeriesProblem(f"{words}runda recap approve {office.series.slug} {number}{which}")
    draft = _stored(last)
    said = reading.say(speaker, unit, draft, _anchor(unit, row.id), office.now)
    return _document(office, speaker, said, "series" if whole else "managers", number, group=None,
                     version=last.version, approved_at=last.approved_at)  # fmt: skip


#: What managers have been sent; or that, less what has been erased since.
SENT = (*managers.OUT, "lessened")


@dataclass(frozen=True, slots=True)
class _Anchor:
    id: int
    place_id: int
    organisation_id: int


def _anchor(unit: Unit, meeting: int) -> _Anchor:
    found = managers.meeting(unit, meeting)
    return _Anchor(found.anchor, found.place, found.organisation_id)


def _stored(row: Any) -> Draft:
    status = "approved" if row.status == "lessened" else row.status
    return Draft(row.points, row.words, status, row.version, row.approved_at, row.session_id, row.id, numbered=False,
                 said=row.said)  # fmt: skip


def _none() -> int:
    raise AssertionError("nothing is stored when a recap is read")


def _document(
    office: Office, speaker: Speaker, said: Spoken, kind: str, number: int,
    *, group: str | None, version: int | None, approved_at: datetime | None,
) -> Document:  # fmt: skip
    series, texts = office.series, speaker.shelf.catalogue(office.series.language, office.series.zone)
    say = texts.say
    o = t.organisations.c
    organisation = office.all(select(o.name).where(o.id == series.organisation_id))[0].name
    about = [say("rights.document.series", series=series.title)]
    if series.case_number:
        about.append(say("rights.document.case", number=series.case_number))
    about.append(say("rights.document.held", at=office.meeting(number).local_date))
    if approved_at is not None:
        about.append(say("rights.document.approved", at=approved_at))
    if version is None:
        name = say("documents.not-out", group=group, number=number)
    elif kind == "group":
        name = say("rights.document.group", group=group, number=number, version=version)
    else:
        name = say(
            f"rights.document.{'managers' if kind == 'managers' else 'whole'}", number=number, version=version
        )
    return Document(
        name, organisation, series.title, series.language, kind, number, group, version, approved_at, tuple(about),
        say("rights.document.contents"), said, texts,
    )  # fmt: skip
