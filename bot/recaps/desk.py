"""A group's recap on a coordinator's desk: see it before it goes out, hold it, release it, edit it, approve it.

What is done here counts from the next opening. When the group's next meeting has opened, it is too late: what was
posted stays as it was posted, less what people take back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast, get_args

from msgspec import structs
from sqlalchemy import select

from bot.recaps import wording
from bot.recaps.editing import Edit, applied
from bot.recaps.groups import HELD, RELEASED, compile_groups, row_of
from bot.recaps.ledger import Fate, Ledger, ledger
from bot.recaps.reading import sources_of
from bot.recaps.wording import Draft
from bot.series.office import Office
from bot.series.problems import SeriesProblem
from flows import recap as recaps
from flows import sight
from flows.forms import Sentence
from flows.sight import Viewer
from storage import tables as t
from storage.audit import log_act
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.shelf import Shelf

_TOO_LATE: dict[Fate, str] = {
    "opened": "The group's next session has opened, so it is too late",
    "out": "It has been posted, so it is too late",
    "passed": "The group has met again without it, so it will not be posted any more",
}


@dataclass(slots=True)
class GroupDesk:
    """One group's recap of one meeting, in one transaction. `versions` are its stored rows, the oldest first."""

    office: Office
    unit: Unit
    shelf: Shelf
    ids: Callable[[], int]
    viewer: Viewer
    ledger: Ledger
    sitting: Any
    versions: list[Any]

    @property
    def fate(self) -> Fate:
        return self.ledger.fate(self.sitting)

    @property
    def newest(self) -> Any:
        return self.versions[-1] if self.versions else None

    def draft(self) -> Draft:
        """What a coordinator has before them: the version that counts, or what would be made now."""
        require(self.viewer, self.fate)
        newest = self.newest
        if newest is not None and newest.status != RELEASED:
            return Draft(
                newest.points,
                newest.words,
                newest.status,
                newest.version,
                newest.approved_at,
                self.sitting.id,
            )
        made = compile_groups(self.unit, self.shelf, [self.sitting])[self.sitting.id]
        points, version = recaps.dump(made).decode(), newest.version if newest else 0
        return Draft(points, None, "automatic", version, session_id=self.sitting.id)


def require(viewer: Viewer, fate: Fate) -> None:
    """Raises NotYours. Before it goes out a coordinator reads it to hold or correct it; afterwards, what it quotes."""
    if fate == "waits":
        sight.require(viewer, "group-recap", given={"holding"})
        return
    for datum in ("reply", "finding", "action"):
        sight.require(viewer, datum, given={"quoted"})


def open_desk(
    office: Office, unit: Unit, shelf: Shelf, ids: Callable[[], int], viewer: Viewer, number: int, group: str | None,
    *, lock: bool = True,
) -> GroupDesk:  # fmt: skip
    """Raises SeriesProblem where that group has not said anything in that meeting, or has not finished it.

    `lock`: something will be changed. The group's next opening then waits for this, or this for it.
    """
    meeting, circle = office.meeting(number), _circle(office, group)
    if lock:
        office.sessions(circle=circle.id)
    found = ledger(unit, office.series.id)
    sitting = next(
        (each for each in found.sittings if (each.circle_id, each.meeting_id) == (circle.id, meeting.id)),
        None,
    )
    if sitting is None:
        words = (
            f"There is no recap of session {number} for {circle.name}: the group has not finished it, or nothing was "
            "said."
        )
        raise SeriesProblem(Sentence(words, "no-recap", number=number, group=circle.name))
    r = t.recaps.c
    versions = unit.all(select(t.recaps).where(r.session_id == sitting.id).order_by(r.version))
    return GroupDesk(office, unit, shelf, ids, viewer, found, sitting, versions)


def _circle(office: Office, group: str | None) -> Any:
    if group is not None:
        return office.circle(group)
    groups = office.circles("group")
    if len(groups) == 1:
        return groups[0]
    raise SeriesProblem(f"Say which group is meant: {', '.join(each.name for each in groups)}.")


# -- acts: each is a new version; returns what the coordinator is told


def hold(desk: GroupDesk) -> str:
    draft = _in_time(desk)
    if draft.status == HELD:
        return Sentence("It is held already.", "recap.held-already")
    version = _store(desk, draft, HELD, "recap held")
    words = f"Version {version} is held: the group's next session opens without it. To let it go: runda recap release"
    return Sentence(words, "recap.held")


def release(desk: GroupDesk) -> str:
    draft = _in_time(desk)
    if draft.status != HELD:
        raise SeriesProblem(Sentence("It is not held; there is nothing to release.", "recap.not-held"))
    before = next((each for each in reversed(desk.versions) if each.status == "approved"), None)
    if before is not None and (before.points, before.words) == (draft.points, draft.words):
        version = _store(desk, draft, "approved", "recap released", before.approved_at, before.approved_by)
        return Sentence(f"Version {version} is as it was approved. {_goes_out(desk)}", "recap.released")
    status = "edited" if draft.words else RELEASED
    version = _store(desk, draft, status, "recap released")
    made = "is as you edited it" if draft.words else "is made by rule when it goes out"
    return Sentence(f"Version {version} {made}. {_goes_out(desk)}", "recap.released")


def edit(desk: GroupDesk, changes: Edit) -> str:
    """A held recap stays held. Raises SeriesProblem."""
    draft = _in_time(desk)
    if changes.arranges:
        why = "What belongs together is said in the managers' recap, not in a group's."
        raise SeriesProblem(Sentence(why, "recap.managers-only"))
    lines = wording.lines(recaps.load(draft.points))
    words = wording.written(applied(changes, wording.read(draft.words), lines))
    if words == draft.words:
        return Sentence("It says so already; nothing was changed.", "recap.same")
    status = HELD if draft.status == HELD else "edited"
    version = _store(desk, Draft(draft.points, words, status, 0), status, "recap edited")
    words = f"Version {version} is {status}. {'' if status == HELD else _goes_out(desk)}".rstrip()
    return Sentence(words, "recap.edited")


def make_anew(desk: GroupDesk) -> str:
    """By rule, from what is there at the opening; a coordinator's changes go. A held recap stays held."""
    draft = _in_time(desk)
    made = compile_groups(desk.unit, desk.shelf, [desk.sitting])[desk.sitting.id]
    status = HELD if draft.status == HELD else RELEASED
    fresh = Draft(recaps.dump(made).decode(), None, status, 0)
    version = _store(desk, fresh, status, "recap made anew")
    return Sentence(f"Version {version} is made by rule.", "recap.anew")


def approve(desk: GroupDesk, by: int | None) -> str:
    """From now on it does not change, except that it loses what people take back."""
    draft = _in_time(desk)
    if draft.status == HELD:
        raise SeriesProblem(Sentence("It is held. Release it first: runda recap release.", "recap.is-held"))
    if draft.status == "approved":
        return Sentence(f"Version {draft.version} is approved already.", "recap.approved-already")
    draft = _with_actions_as_seen(desk.unit, draft)
    version = _store(desk, draft, "approved", "recap approved", desk.office.now, by)
    return Sentence(f"Version {version} is approved. {_goes_out(desk)}", "recap.approved")


def _with_actions_as_seen(unit: Unit, draft: Draft) -> Draft:
    """In the states that they have now, in which the coordinator has seen them."""
    recap, states = recaps.load(draft.points), sources_of(unit, draft).actions
    assert isinstance(recap, recaps.GroupRecap), "the managers' recap is on a desk of its own"
    known = get_args(recaps.ActionState)
    actions = tuple(
        recaps.ActionRow(one.reply, cast(recaps.ActionState, state))
        if (state := states.get(one.reply)) in known
        else one
        for one in recap.actions
    )
    return replace(draft, points=recaps.dump(structs.replace(recap, actions=actions)).decode())


def _goes_out(desk: GroupDesk) -> str:
    coming = desk.ledger.next_opening(desk.sitting)
    if coming is None:
        return "No later session of the group is planned, so it is not posted by itself."
    return f"It goes out when session {coming.number} opens."


def _in_time(desk: GroupDesk) -> Draft:
    if why := _TOO_LATE.get(desk.fate):
        words = f"{why}. What was posted loses a line when its author takes it back."
        raise SeriesProblem(Sentence(words, "recap.too-late"))
    return desk.draft()


def _store(
    desk: GroupDesk,
    draft: Draft,
    status: str,
    act: str,
    approved_at: Any = None,
    approved_by: int | None = None,
) -> int:
    version = desk.newest.version + 1 if desk.newest else 1
    row = {
        **row_of(desk.sitting, draft.points), "id": desk.ids(), "version": version, "status": status,
        "words": draft.words, "made_at": desk.office.now, "approved_at": approved_at, "approved_by": approved_by,
    }  # fmt: skip
    desk.unit.add(t.recaps, [row])
    desk.unit.flush()
    r = t.recaps.c
    desk.versions = desk.unit.all(select(t.recaps).where(r.session_id == desk.sitting.id).order_by(r.version))
    record(desk.office, act, f"{desk.sitting.number}/group-{desk.sitting.circle_number} v{version}")
    return version


def record(office: Office, act: str, what: str) -> None:
    """In the audit log. Not as a change of the series itself, so that a move before it can still be undone."""
    about = f"{office.series.slug}/{what}"
    log_act(office.connection, office.series.organisation_id, office.actor, act, about, office.now)
