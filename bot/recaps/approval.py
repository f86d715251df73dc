"""The managers' recap on a coordinator's desk: see it, edit it, approve it, so that it goes out.

That of the whole series is on a desk of its own, from the second meeting on; it tells of all meetings until then, and
begins with what a coordinator has made of theirs. Of it nothing goes out by itself.

Approval freezes a version: what managers have loses a line when its source is taken back or changed, and gains
none. To tell them of what has come since, a coordinator approves a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from sqlalchemy import select

from bot.recaps import managers, sending, wording
from bot.recaps.arranging import arranged
from bot.recaps.desk import record
from bot.recaps.editing import Edit, applied
from bot.recaps.reading import sources_of
from bot.recaps.wording import Draft, Wording
from bot.rights.days import countdowns
from bot.series.office import PURGED, Office
from bot.series.problems import NotFound, SeriesProblem
from flows import recap as recaps
from flows import sight
from flows.forms import Sentence
from flows.message import Moment, Recap, line, message
from flows.recap import ManagerRecap
from flows.sight import Viewer
from storage import tables as t
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.shelf import Shelf


@dataclass(slots=True)
class ManagersDesk:
    """The managers' recap of one meeting, or of the `whole` series up to it, in one transaction.

    `versions` are its stored rows, the oldest first.
    """

    office: Office
    unit: Unit
    shelf: Shelf
    ids: Callable[[], int]
    viewer: Viewer
    meeting: Any
    versions: list[Any]
    whole: bool = False
    #: The days of the replies are over: what went out last, in the words that were kept, is all there is.
    kept: Draft | None = None

    @property
    def called(self) -> str:
        """As the audit log has it."""
        return f"{self.meeting.number}/{'series' if self.whole else 'managers'}"

    @property
    def approved(self) -> Any:
        return next((each for each in reversed(self.versions) if each.status == "approved"), None)

    @property
    def session(self) -> Any:
        """The session under whose name it is read."""
        row = self.meeting
        return SimpleNamespace(id=row.anchor, place_id=row.place, organisation_id=row.organisation_id)

    @property
    def next_version(self) -> int:
        return 1 + max((each.version for each in self.versions), default=0)

    def draft(self) -> Draft:
        """What would be approved now: made from what is there, with the coordinator's changes so far."""
        sight.require(self.viewer, "manager-draft")
        if self.kept is not None:
            return self.kept
        changes = self._changes()
        points = recaps.dump(self._compiled(changes)).decode()
        return Draft(points, wording.written(changes), "draft", self.next_version)

    def shown(self) -> Draft:
        """What managers have as it was approved, if nothing has changed since; otherwise what would be approved."""
        draft, last = self.draft(), self.approved
        if last is None or not self.same(draft, last):
            return draft
        return Draft(last.points, last.words, last.status, last.version, last.approved_at, said=last.said)

    def same(self, draft: Draft, version: Any) -> bool:
        """Whether that version says what would be approved now."""
        return (version.points, version.words) == (draft.points, wording.written(self.frozen(draft)))

    def frozen(self, draft: Draft) -> Wording:
        """The coordinator's changes, and how often each reply that is shown has been changed until now."""
        there = sources_of(self.unit, draft)
        revisions = {reply: row.revision for reply, row in sorted(there.replies.items())}
        return replace(wording.read(draft.words), revisions=revisions)

    def _compiled(self, changes: Wording) -> ManagerRecap:
        """As a coordinator has arranged it. Themes are sorted, so that a heading is known by the first of its own."""
        compiled = managers.compile_whole if self.whole else managers.compile_managers
        made = compiled(self.unit, self.shelf, self.meeting.id)
        numbered = managers.numbered_as(made, [recaps.load(each.points) for each in self.versions])
        return recaps.arranged(numbered, changes.themes, changes.asks)

    def _changes(self) -> Wording:
        written = [each for each in self.versions if each.status in ("edited", "approved")]
        if not written and self.whole:
            return _together(managers.written_before(self.unit, self.meeting))
        return replace(wording.read(written[-1].words), revisions={}) if written else wording.UNTOUCHED


def _together(words: Iterable[str | None]) -> Wording:
    """What a coordinator has said of lines, recap by recap; what belongs together is for each recap by itself."""
    read = [wording.read(each) for each in words]
    return Wording(
        says={key: said for each in read for key, said in each.says.items()},
        out=tuple(sorted({key for each in read for key in each.out})),
        gone=tuple(sorted({key for each in read for key in each.gone})),
        asks=tuple(sorted({reply for each in read for reply in each.asks})),
    )


def open_desk(
    office: Office, unit: Unit, shelf: Shelf, ids: Callable[[], int], viewer: Viewer, number: int, *, lock: bool = True,
    whole: bool = False,
) -> ManagersDesk:  # fmt: skip
    """Raises SeriesProblem where the meeting has not been held, and of the whole where there is only one yet.

    `lock`: something will be changed; only one of those who want to goes on at a time.
    """
    row = office.meeting(number)
    meeting = managers.meeting(unit, row.id)
    if row.status != "held":
        words = f"No group has finished session {number}; there is nothing for managers yet."
        raise SeriesProblem(Sentence(words, "recap.none-for-managers", number=number))
    if whole and managers.held_until(unit, meeting) < 2:
        words = "Only one session has been held, and its own recap says all there is to say."
        raise SeriesProblem(Sentence(words, "recap.one-session"))
    s = t.sessions.c
    if lock:
        unit.all(select(s.id).where(s.id == meeting.anchor).with_for_update())
    versions = managers.versions(unit, row.id, whole=whole)
    purged = unit.all(select(s.id).where(s.meeting_id == row.id, s.phase == PURGED).limit(1))
    # Deleting takes many steps: from the day on, nothing is made of what may be half gone.
    (days,) = countdowns(office.connection, office.series.id)
    kept = _kept(versions) if purged or days.due("replies", office.now) else None
    return ManagersDesk(office, unit, shelf, ids, viewer, meeting, versions, whole, kept)


def _kept(versions: Iterable[Any]) -> Draft:
    """Raises SeriesProblem where nothing is."""
    last = next((each for each in reversed([*versions]) if each.said is not None), None)
    if last is None:
        raise _deleted()
    return Draft(last.points, last.words, last.status, last.version, last.approved_at, said=last.said)


def _deleted() -> SeriesProblem:
    words = "What was said there has been deleted, since its days are over; recaps that went out stay as they are."
    return SeriesProblem(Sentence(words, "recap.deleted"))


# -- acts: each is a new version; returns what the coordinator is told


def edit(desk: ManagersDesk, changes: Edit) -> str:
    """Raises SeriesProblem."""
    if desk.kept is not None:
        raise _deleted()
    draft = desk.draft()
    recap = recaps.load(draft.points)
    edited = applied(changes, wording.read(draft.words), wording.lines(recap))
    assert isinstance(recap, ManagerRecap), "only the managers' recap is on this desk"
    edited = arranged(changes, edited, recap)
    words = wording.written(edited)
    if words == draft.words:
        return Sentence("It says so already; nothing was changed.", "recap.same")
    points = recaps.dump(recaps.arranged(recap, edited.themes, edited.asks)).decode()
    version = _store(desk, points, words, "edited")
    record(desk.office, "recap edited", f"{desk.called} v{version}")
    return Sentence(f"Version {version} is edited, and waits for approval.", "recap.edited-waits")


def approve(desk: ManagersDesk, by: int | None) -> list[str]:
    """Freeze what there is now, and send it to the managers, each once.

    Where it is as it was approved already, it goes to managers who have not had it, and to nobody twice. Raises
    SeriesProblem where what it rests on has been deleted.
    """
    draft, before = desk.draft(), desk.approved
    words = wording.written(desk.frozen(draft))
    if before is not None and desk.same(draft, before):
        words = f"Version {before.version} is approved already, and nothing has changed since."
        told: list[str] = [Sentence(words, "recap.approved-already")]
        return [*told, *_send(desk, before.id, before.version)]
    if desk.kept is not None:
        raise _deleted()
    out = [_called(each) for each in desk.versions if each.status in managers.OUT]
    version = _store(desk, draft.points, words, "approved", desk.office.now, by)
    if not desk.whole:
        managers.settle(desk.unit, desk.meeting.id)
    record(desk.office, "recap approved", f"{desk.called} v{version}")
    approved = Sentence(f"Version {version} is approved.", "recap.approved-for-managers")
    told = [approved, *_send(desk, desk.versions[-1].id, version)]
    if not out:
        return told
    return [*told, Sentence(f"Managers have had before: {', '.join(out)}.", "recap.had-before", n=len(out))]


def _called(version: Any) -> str:
    return f"version {version.version}{' (counts only)' if version.status == 'counts' else ''}"


def _send(desk: ManagersDesk, recap: int, version: int) -> list[str]:
    sight.require("manager", "manager-recap")
    sight.require("manager", "released", given={"approved"})
    places = sending.private_places(desk.unit, desk.meeting.series_id, desk.meeting.platform, "manager")
    shared = sending.shared_places(desk.unit, desk.meeting.series_id)
    if not places and not shared:
        words = (
            "Nobody is a manager of the series, so it goes to nobody. runda recap export makes files of it."
        )
        return [Sentence(words, "recap.no-managers")]
    opens = managers.next_session(desk.unit, desk.meeting)
    ahead = [line("manager.next", when=Moment(opens))] if opens else []
    said = message("recap", Recap(recap, short=True), *ahead)
    posted = sending.queue(desk.unit, desk.meeting, version, said, shared, whole=desk.whole)
    in_common = [Sentence("It is posted in the managers' channel now.", "recap.posted")] if posted else []
    if not places:
        return [*in_common] or [Sentence("It goes to nobody a second time.", "recap.sent", n=0, of=0)]
    sent = sending.queue(desk.unit, desk.meeting, version, said, list(places.values()), whole=desk.whole)
    nowhere = sum(place is None for place in places.values())
    of = f"{len(places)} manager{'s' if len(places) > 1 else ''}"
    words = f"It goes to {sent} of {of} now." if sent else "It goes to nobody a second time."
    told: list[str] = [Sentence(words, "recap.sent", n=sent, of=len(places)), *in_common]
    if nowhere:
        told.append(
            Sentence(f"Runda cannot write to {nowhere} of them in private.", "recap.nowhere", n=nowhere)
        )
    return told


def _store(
    desk: ManagersDesk, points: str, words: str | None, status: str, approved_at: datetime | None = None,
    approved_by: int | None = None,
) -> int:  # fmt: skip
    version = desk.next_version
    row = {
        **managers.row_of(desk.meeting, points, whole=desk.whole), "id": desk.ids(), "version": version,
        "status": status,
        "words": words, "made_at": desk.office.now, "approved_at": approved_at, "approved_by": approved_by,
    }  # fmt: skip
    desk.unit.add(t.recaps, [row])
    desk.unit.flush()
    desk.versions = managers.versions(desk.unit, desk.meeting.id, whole=desk.whole)
    return version


def coordinator(office: Office, name: str | None) -> int | None:
    """The coordinator who approves: by name, or the only one there is. Raises NotFound, SeriesProblem."""
    m, p = t.memberships.c, t.people.c
    runs = select(p.id, p.name).join(t.memberships, m.person_id == p.id)
    found = office.all(
        runs.where(m.series_id == office.series.id, m.role == "coordinator", m.until.is_(None)).order_by(m.id)
    )
    if name is not None:
        for each in found:
            if each.name.casefold() == name.casefold():
                return int(each.id)
        raise NotFound("coordinator", name, [each.name for each in found])
    if len(found) > 1:
        raise SeriesProblem(f"Say who approves it: {', '.join(each.name for each in found)}.")
    return int(found[0].id) if found else None
