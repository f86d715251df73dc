"""For an archive: every approved recap and the audit log, as files that can be read, with what is known of them.

    archive.json                    what it is: series, case number, programme, dates, and every document with its hash
    managers/session-1-v2.md        each version that managers were sent or a coordinator approved: Markdown,
    managers/session-1-v2.html      HTML for reading,
    managers/session-1-v2.json      and the same text with its metadata
    managers/series-3-v1.*          those of the whole series, until that session
    groups/session-1-fjord-v3.*     groups' recaps that a coordinator has approved
    minutes/session-1.*             where the series is an elected body's
    audit.csv, audit.json           who did what, and when; no content

The same series gives the same bytes: no file says when it was made, and a packed one has no times. Only what changed
since is different: a line that was erased, a version that was approved, and the log, in which making files is an act.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import select

from adapters.port import Block, Spoken
from adapters.terminal.records import Piece
from bot import page
from bot.markdown import markdown
from bot.recaps import desk, managers, reading
from bot.recaps.wording import Draft
from bot.rights import audit
from bot.rights.days import note
from bot.rights.minutes import ELECTED, minutes
from bot.rights.purging import KEPT
from bot.series.naming import slug
from bot.series.office import Office
from bot.words import Speaker
from flows import sight
from flows.sight import Viewer
from storage import tables as t
from storage.unit import Unit

SCHEMA = 1
EXPORTED = "archive exported"
#: The earliest time that a zip file can hold; every file in it has this one.
NO_TIME = (1980, 1, 1, 0, 0, 0)


class Text(Struct, frozen=True):
    """A block of a document, in words."""

    kind: str
    words: str
    number: int | None = None


class Document(Struct, frozen=True, kw_only=True):
    """One version of one recap, or minutes. `session` is the number of its meeting, `group` a name."""

    schema: int = SCHEMA
    kind: str
    session: int
    held: str
    group: str | None
    version: int | None
    status: str | None
    made_at: datetime | None
    approved_at: datetime | None
    approver: str | None
    series: str
    case_number: str | None
    organisation: str
    language: str
    text: tuple[Text, ...]


class Listed(Struct, frozen=True):
    """A file of the archive with the SHA-256 of what is in it."""

    path: str
    sha256: str


class Contents(Struct, frozen=True, kw_only=True):
    """archive.json"""

    schema: int = SCHEMA
    organisation: str
    series: str
    called: str
    case_number: str | None
    arena: str | None
    programme: str
    programme_version: int
    language: str
    zone: str
    sessions: tuple[str, ...]
    documents: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Archiving:
    """One series, in one transaction."""

    office: Office
    unit: Unit
    speaker: Speaker
    viewer: Viewer

    def files(self) -> dict[PurePosixPath, bytes]:
        """Every file, by its path. Raises NotYours."""
        sight.require(self.viewer, "manager-recap", given={"logged"})
        found: dict[PurePosixPath, bytes] = {}
        for path, document in self._documents():
            found |= {path.with_name(f"{path.name}.{end}"): body for end, body in self._written(document)}
        found[PurePosixPath("archive.json")] = _json(self._contents(found))
        log = audit.acts(
            self.office.connection, self.viewer, self.office.series.organisation_id, self.office.series.slug
        )
        found[PurePosixPath("audit.csv")] = audit.as_csv(log).encode()
        found[PurePosixPath("audit.json")] = audit.as_json(log).encode()
        return dict(sorted(found.items()))

    def export(self) -> dict[PurePosixPath, bytes]:
        """The files, and in the audit log that they were made: after them, so that they do not tell of themselves."""
        found = self.files()
        note(self.office, EXPORTED, f"{len(found)} files")
        return found

    # -- what there is

    def _documents(self) -> Iterator[tuple[PurePosixPath, Document]]:
        names = self._names()
        for meeting in self.office.meetings():
            for row in self._versions(meeting.id):
                called = "series" if row.whole else "session"
                where = PurePosixPath("managers", f"{called}-{meeting.number}-v{row.version}")
                if row.session_id is not None:
                    desk.require(self.viewer, "out")
                    group = slug(row.circle, "group")
                    where = PurePosixPath("groups", f"session-{meeting.number}-{group}-v{row.version}")
                yield where, self._recap(meeting, row, names.get(row.approved_by))
            if self.office.series.arena == ELECTED and meeting.status == "held" and self._said(meeting.id):
                said = minutes(self.office, self.speaker.shelf, self.viewer, meeting.number)
                yield PurePosixPath("minutes", f"session-{meeting.number}"), self._minutes(meeting, said)

    def _names(self) -> dict[int, str]:
        p = t.people.c
        ours = select(p.id, p.name).where(
            p.organisation_id == self.office.series.organisation_id, p.name != ""
        )
        return {row.id: row.name for row in self.office.all(ours)}

    def _versions(self, meeting: int) -> Sequence[Any]:
        """The kept versions of a meeting: the managers' first, then groups' in their order."""
        r, s, c = t.recaps.c, t.sessions.c, t.circles.c
        stored = select(t.recaps, c.name.label("circle"), c.number).outerjoin(
            t.sessions, s.id == r.session_id
        )
        stored = stored.outerjoin(t.circles, c.id == s.circle_id)
        kept = stored.where(r.meeting_id == meeting, r.status.in_(KEPT), r.version > 0)
        return sorted(self.unit.all(kept), key=lambda row: (row.number or 0, row.whole, row.version))

    def _said(self, meeting: int) -> bool:
        s, r = t.sessions.c, t.replies.c
        there = select(r.id).join(t.sessions, s.id == r.session_id).where(s.meeting_id == meeting)
        return bool(self.unit.all(there.limit(1)))

    # -- documents

    def _recap(self, meeting: Any, row: Any, approver: str | None) -> Document:
        said = self._as_said(meeting, row)
        return self._document(
            meeting, said, kind=_kind(row), group=row.circle,
            version=row.version, status=row.status, made_at=row.made_at, approved_at=row.approved_at,
            approver=approver if row.approved_at else None,
        )  # fmt: skip

    def _as_said(self, meeting: Any, row: Any) -> Spoken:
        draft = Draft(row.points, row.words, "approved" if row.status == "lessened" else row.status, row.version,
                      row.approved_at, row.session_id, row.id, numbered=False, said=row.said)  # fmt: skip
        if row.session_id is not None:
            session = self.unit.all(select(t.sessions).where(t.sessions.c.id == row.session_id))[0]
        else:
            anchor = managers.meeting(self.unit, meeting.id)
            session = SimpleNamespace(
                id=anchor.anchor, place_id=anchor.place, organisation_id=anchor.organisation_id
            )
        return reading.say(self.speaker, self.unit, draft, session, self.office.now)

    def _minutes(self, meeting: Any, said: Spoken) -> Document:
        return self._document(meeting, said, kind="minutes", group=None, version=None, status=None, made_at=None,
                              approved_at=None, approver=None)  # fmt: skip

    def _document(self, meeting: Any, said: Spoken, **more: Any) -> Document:
        series = self.office.series
        return Document(
            session=meeting.number, held=meeting.local_date.isoformat(), series=series.title,
            case_number=series.case_number, organisation=self._organisation(), language=series.language,
            text=tuple(Text(block.kind, block.words, block.number) for block in said.blocks), **more,
        )  # fmt: skip

    def _organisation(self) -> str:
        o = t.organisations.c
        return str(self.office.all(select(o.name).where(o.id == self.office.series.organisation_id))[0].name)

    # -- as files

    def _written(self, document: Document) -> Iterator[tuple[str, bytes]]:
        about = list(self._about(document))
        words = [Block(one.kind, one.words, number=one.number) for one in document.text]
        titled = [self._title(document)] if document.kind != "minutes" else []  # which say it themselves
        told = [Block("item", line) for line in (*titled, *about)]
        yield "md", markdown(Spoken("recap", (words[0], *told, *words[1:]))).encode()
        yield "html", self._page(document, about).encode()
        yield "json", _json(document)

    def _about(self, document: Document) -> Iterator[str]:
        say, series = (
            self.speaker.shelf.catalogue(document.language, self.office.series.zone),
            self.office.series,
        )
        if document.kind != "minutes":
            yield say.say("rights.document.series", series=series.title)
            if series.case_number:
                yield say.say("rights.document.case", number=series.case_number)
            yield say.say("rights.document.held", at=self.office.meeting(document.session).local_date)
        if document.approved_at is not None and document.approver:
            yield say.say("rights.document.approved-by", at=document.approved_at, who=document.approver)
        elif document.approved_at is not None:
            yield say.say("rights.document.approved", at=document.approved_at)
        elif document.status == "counts":
            yield say.say("rights.document.automatic", at=document.made_at)
        if document.status == "lessened":
            yield say.say("rights.document.lessened")

    def _page(self, document: Document, about: Sequence[str]) -> str:
        say = self.speaker.shelf.catalogue(document.language, self.office.series.zone)
        first, *rest = document.text
        body = "".join(page.pieces([Piece("item", line) for line in about], heading="h3"))
        body += "".join(page.pieces([Piece(one.kind, one.words, one.number) for one in rest], heading="h3"))
        section = page.Section(self._title(document), body, anchor="text")
        return page.document(document.language, first.words, document.organisation, say.say("rights.document.contents"),
                             [section])  # fmt: skip

    def _title(self, document: Document) -> str:
        say = self.speaker.shelf.catalogue(document.language, self.office.series.zone)
        if document.kind == "minutes":
            return say.say("rights.document.minutes", number=document.session)
        kind = "whole" if document.kind == "series" else document.kind
        named: dict[str, Any] = {
            "number": document.session,
            "version": document.version,
            "group": document.group or "",
        }
        return say.say(f"rights.document.{kind}", **named)

    def _contents(self, found: dict[PurePosixPath, bytes]) -> Contents:
        series, c = self.office.series, t.contents.c
        content = self.office.all(select(c.programme, c.version).where(c.id == series.content_id))[0]
        dates = tuple(f"{each.number}: {each.local_date} ({each.status})" for each in self.office.meetings())
        return Contents(
            organisation=self._organisation(), series=series.title, called=series.slug, case_number=series.case_number,
            arena=series.arena, programme=content.programme, programme_version=content.version,
            language=series.language, zone=series.zone, sessions=dates,
            documents=tuple(_listed(path, body) for path, body in sorted(found.items())),
        )  # fmt: skip


def _kind(recap: Any) -> str:
    if recap.session_id is not None:
        return "group"
    return "series" if recap.whole else "managers"


def _listed(path: PurePosixPath, body: bytes) -> Listed:
    return Listed(str(path), hashlib.sha256(body).hexdigest())


def _json(what: Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(what), indent=2) + b"\n"


# -- on the disk


def packed(found: dict[PurePosixPath, bytes]) -> bytes:
    """A zip file that is the same whenever what is in it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in sorted(found.items()):
            archive.writestr(zipfile.ZipInfo(str(path), NO_TIME), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def write(found: dict[PurePosixPath, bytes], to: Path) -> None:
    """A folder, or one file where the name ends in .zip; what was there under these names is replaced."""
    if to.suffix == ".zip":
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(packed(found))
        return
    for path, body in found.items():
        place = to / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
