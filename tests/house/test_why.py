"""Every message says why it came, or did not: over series that are played with faults, each reason is true."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import msgspec

from adapters.port import Later, Outgoing, Refused, Shut
from bot.series import moving, pausing, why
from bot.series.moving import To
from bot.series.office import open_office
from flows.programme import LANGUAGES
from storage import tables as t
from tests.flows.catalogues import catalogue
from tests.house.rig import EIGHT, Chat, change, driven, planned, standing
from tests.house.test_trouble import command

#: Reasons that say that nothing is known; none of them is ever given here.
EMPTY = {"why.came.forgotten", "why.became.dropped", "delivery.why.unknown"}


class Faults:
    """What the platform does now: by channel, what it raises before it takes a message, or after."""

    def __init__(self) -> None:
        self.before: dict[str, Exception] = {}
        self.after: dict[str, Exception] = {}

    def chat(self) -> Chat:
        return Chat(None, before=partial(self._happen, self.before), after=partial(self._happen, self.after))  # type: ignore[arg-type]

    @staticmethod
    def _happen(faults: dict[str, Exception], outgoing: Outgoing) -> None:
        if problem := faults.get(outgoing.place.channel):
            raise problem


class Judge:
    """Looks at all rows of a house at once, and holds each reason to what the tables say."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def look(self, rig: Any) -> None:
        with rig.database.read() as connection:
            rows = why.all_rows(connection)
            entries = why.explain(connection, rows, rig.clock.at)
        self.rows = {row.id: row for row in rows}
        self.log = {row.id: row for row in rig.rows(t.log)}
        self.acts = {row.id: row.act for row in rig.rows(t.audit)}
        for row, entry in zip(rows, entries, strict=True):
            self._judge(row, entry, rig.clock.at)

    def _judge(self, row: Any, entry: why.Entry, now: Any) -> None:
        said = {entry.came.key, entry.became.key} | {
            each.key for each in entry.became.params.values() if isinstance(each, why.Reason)
        }
        assert not said & EMPTY, (row, said)
        self.seen |= said
        assert self._came(row, entry), (row, entry)
        assert getattr(self, f"_{row.status}")(row, entry.became, now), (row, entry)
        for language in LANGUAGES:
            words = why.in_words(partial(catalogue(language).say, now=now), entry)
            assert words
            assert "{" not in words

    def _came(self, row: Any, entry: why.Entry) -> bool:
        kind, behind = (
            entry.came.key.removeprefix("why.came."),
            dict(each.split(":") for each in entry.came.rows),
        )
        if "audit" in behind:
            return kind == "decided" and int(behind["audit"]) in self.acts
        if "log" in behind:
            event = self.log[int(behind["log"])]
            happened = msgspec.json.decode(event.event)["type"]
            mine = event.session_id == row.session_id and event.version == row.version and not event.ignored
            return mine and (
                happened == kind or (kind == "reminder" and row.person_id and happened == "time-came")
            )
        return {
            "missed": "late-missed" in row.body, "news": '"place.' in row.body, "managers": "manager" in row.body,
            "whispered": bool(row.only), "corrected": row.kind == "update",
        }[kind]  # fmt: skip

    def _sent(self, row: Any, became: why.Reason, _: Any) -> bool:
        code = became.key.removeprefix("why.became.")
        there = row.receipt is not None and became.params["at"] == row.sent_at
        return there and {"sent": row.reason is None, f"sent-{row.reason}": True}.get(
            code, code == "sent-later" and row.reason in ("archived",)
        )

    def _failed(self, row: Any, became: why.Reason, _: Any) -> bool:
        return became.params["why"].key == f"delivery.why.{row.reason}"

    def _dropped(self, row: Any, became: why.Reason, _: Any) -> bool:
        later = [
            each for each in self.rows.values() if each.session_id == row.session_id and each.id > row.id
        ]
        return {
            "superseded": any(each.slot == row.slot or each.kind == "say" for each in later),
            "short": row.sort == "receipt",
            "undone": "move undone" in self.acts.values(),
            "over": row.person_id is not None,
            "nothing-to-update": row.kind == "update",
        }[became.key.removeprefix("why.became.")]

    def _queued(self, row: Any, became: why.Reason, now: Any) -> bool:
        code = became.key.removeprefix("why.became.")
        before = self.rows.get(int(became.params.get("n", 0)))
        return {
            "shut": bool(row.blocked),
            "behind": before is not None and before.place_id == row.place_id and before.status in ("queued", "sending"),
            "turn": row.not_before is None or row.not_before <= now,
            row.reason or "bucket": row.not_before is not None and row.not_before > now,
        }[code]  # fmt: skip


@driven
async def test_each_message_of_series_with_faults_has_a_reason_that_is_true(sqlite_database):
    database, faults, judge = sqlite_database, Faults(), Judge()
    planned(database, on=("2026-10-13", "2026-10-27"))
    planned(
        database, name="South", pace="async", group=["Elv: Ida, Nils, Else, Knut"], form="short", window="3"
    )
    change(database, moving.move, 2, To(date(2026, 10, 28)), now=EIGHT)
    change(database, moving.undo, now=EIGHT)
    async with standing(database, chat=faults.chat()) as rig:
        faults.before["north-1"] = Later("north-1", 30)
        await rig.settle()
        judge.look(rig)
        faults.before.clear()
        await rig.go(minutes=1)
        await rig.say("north-1", "kari", "we are here")
        faults.after["north-2"] = RuntimeError("nobody knows")
        await rig.say("north-2", "tor", "we are here")
        judge.look(rig)
        faults.after.clear()
        await rig.go(minutes=2)
        faults.before["north-2"] = Later("north-2", 900)
        for who, words in (("tor", "The school."), ("ola", "next")):
            await rig.say("north-2", who, words)
        judge.look(rig)
        await rig.go(minutes=11)
        await rig.say("north-2", "ola", "next")
        faults.before["north-1"] = Shut("archived")
        await rig.say("north-1", "kari", "The ferry.")
        await rig.say("north-1", "amir", "next")
        judge.look(rig)
        silent = silences(rig, "north")
        assert "why.silent.held" in silent
        faults.before.clear()
        await rig.go(minutes=20)
        await rig.say("north-1", "liv", "The people.")
        faults.before["north-1"] = Refused("forbidden")
        await rig.say("north-1", "liv", "next")
        judge.look(rig)
        faults.before.clear()
        await rig.go(minutes=30)
        change(database, pausing.pause, now=rig.clock.at)
        await rig.settle()
        judge.look(rig)
        assert "why.silent.paused" in silences(rig, "north")
        await rig.go(minutes=60 * 9)
        assert {"why.silent.quiet", "why.silent.reminder"} <= silences(rig, "south")
        await rig.go(minutes=60 * 24 * 4)
        judge.look(rig)
        assert "why.silent.finished" in silences(rig, "south")
    told = command(database, rig.clock, "why", "south").output
    assert told.count("to people in Elv, each alone: Queued because it was time to remind") == 1
    assert "Elv, session 1: finished; nothing more is asked." in told
    became = {each.removeprefix("why.became.") for each in judge.seen if each.startswith("why.became.")}
    came = {each.removeprefix("why.came.") for each in judge.seen if each.startswith("why.came.")}
    assert {"sent", "asks-to-wait", "sent-asks-to-wait", "shut", "sent-later", "behind", "failed", "undone",
            "superseded", "sent-unconfirmed"} <= became  # fmt: skip
    assert {"opened", "replied", "time-came", "reminder", "decided", "news"} <= came


def silences(rig: Any, called: str) -> set[str]:
    with rig.database.read() as connection:
        office = open_office(connection, "Runda", called, "test", rig.clock.at)
        return {reason.key for _, _, reason in why.silences(office)}
