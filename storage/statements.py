"""The statements of the hot path, put into SQL once per engine.

Lists are one parameter (`listed`). `b_` stands before the names of values that a column is called after.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Table, bindparam, func, insert, select, update

from storage import tables as t
from storage.prepared import Prepared, listed, paired

sessions = Prepared(
    select(
        t.sessions.c.id, t.sessions.c.organisation_id, t.sessions.c.series_id, t.sessions.c.circle_id,
        t.sessions.c.meeting_id, t.sessions.c.place_id, t.sessions.c.version, t.sessions.c.phase,
        t.sessions.c.state, t.sessions.c.starts_at, t.sessions.c.wake_at, t.meetings.c.number,
        func.coalesce(t.meetings.c.content_id, t.series.c.content_id), t.circles.c.kind,
        t.series.c.language, t.series.c.zone, t.places.c.platform, t.places.c.workspace, t.places.c.threads,
        t.places.c.blocked, t.series.c.undivided, t.meetings.c.pace,
    )
    .join(t.places, t.places.c.id == t.sessions.c.place_id)
    .join(t.meetings, t.meetings.c.id == t.sessions.c.meeting_id)
    .join(t.series, t.series.c.id == t.sessions.c.series_id)
    .join(t.circles, t.circles.c.id == t.sessions.c.circle_id)
    .where(listed(t.sessions.c.id, "ids"))
    .order_by(t.sessions.c.id)
    .with_for_update(of=t.sessions)
)  # fmt: skip
due = Prepared(
    select(t.sessions.c.id)
    .where(t.sessions.c.wake_at <= bindparam("now"), ~listed(t.sessions.c.id, "but"))
    .order_by(t.sessions.c.wake_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
#: A session that has not opened yet takes in what was published when it opens. Those that somebody else holds are
#: left to the next look: waiting for one, with others in hand, two units could wait for each other.
waited_for = Prepared(
    select(t.sessions.c.id)
    .where(
        t.sessions.c.id.in_(
            select(t.publications.c.waits_for).where(t.publications.c.waits_for.is_not(None))
        ),
        t.sessions.c.state.is_not(None),
        ~listed(t.sessions.c.id, "but"),
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
known = Prepared(select(t.log.c.key).where(listed(t.log.c.key, "keys")))
buried = Prepared(select(t.tombstones.c.hash).where(listed(t.tombstones.c.hash, "hashes")))
any_buried = Prepared(select(t.tombstones.c.hash).limit(1))
places = Prepared(
    select(t.places.c.id, t.places.c.platform, t.places.c.workspace, t.places.c.channel, t.places.c.thread,
           t.places.c.person_id, t.places.c.session_id, t.places.c.threads, t.places.c.organisation_id)
    .where(paired((t.places.c.channel, "channels"), (t.places.c.thread, "threads")))
)  # fmt: skip
seats = Prepared(
    select(t.identities.c.platform, t.identities.c.workspace, t.identities.c.account, t.identities.c.person_id,
           t.memberships.c.series_id, t.memberships.c.circle_id, t.memberships.c.role)
    .outerjoin(
        t.memberships,
        (t.memberships.c.person_id == t.identities.c.person_id) & t.memberships.c.until.is_(None),
    )
    .where(listed(t.identities.c.account, "accounts"))
)  # fmt: skip
replies = Prepared(
    select(t.replies.c.place_id, t.replies.c.message, t.replies.c.id, t.replies.c.session_id,
           t.replies.c.person_id, t.replies.c.revision, t.replies.c.words, t.replies.c.role, t.replies.c.prompt,
           t.replies.c.late)
    .where(paired((t.replies.c.place_id, "places"), (t.replies.c.message, "messages")))
)  # fmt: skip
prompts = Prepared(
    select(t.outbox.c.place_id, t.outbox.c.receipt, t.outbox.c.session_id, t.outbox.c.prompt)
    .where(
        paired((t.outbox.c.place_id, "places"), (t.outbox.c.receipt, "messages")),
        t.outbox.c.kind == "say",  # a rewrite has the receipt of what it rewrote
    )
)  # fmt: skip
#: For what people write in private.
sittings = Prepared(
    select(t.sessions.c.id, t.sessions.c.circle_id, t.sessions.c.phase, t.sessions.c.starts_at)
    .where(listed(t.sessions.c.circle_id, "circles"), listed(t.sessions.c.phase, "phases"))
)  # fmt: skip

advanced = Prepared(
    update(t.sessions)
    .where(t.sessions.c.id == bindparam("b_id"), t.sessions.c.version == bindparam("b_was"))
    .values(version=bindparam("b_version"), phase=bindparam("b_phase"), state=bindparam("b_state"),
            wake_at=bindparam("b_wake_at"))
)  # fmt: skip
kept = Prepared(
    update(t.replies)
    .where(t.replies.c.id == bindparam("b_id"))
    .values(role=bindparam("b_role"), prompt=bindparam("b_prompt"), step=bindparam("b_step"),
            late=bindparam("b_late"))
)  # fmt: skip
#: What became of messages that were on their way.
sent = Prepared(
    update(t.outbox)
    .where(t.outbox.c.id == bindparam("b_id"))
    .values(status="sent", receipt=bindparam("b_receipt"), sent_at=bindparam("b_at"), claimed_by=None)
)
failed = Prepared(
    update(t.outbox)
    .where(t.outbox.c.id == bindparam("b_id"))
    .values(status="failed", reason=bindparam("b_reason"), claimed_by=None)
)
speaks = Prepared(
    update(t.places).where(t.places.c.id == bindparam("b_id")).values(session_id=bindparam("b_session"))
)
#: What was to be said in a slot, and has not been sent.
superseded = Prepared(
    update(t.outbox)
    .where(
        t.outbox.c.session_id == bindparam("b_session"),
        t.outbox.c.slot == bindparam("b_slot"),
        t.outbox.c.status == "queued",
    )
    .values(status="dropped", reason="superseded")
)
judged = {
    "finding": Prepared(
        update(t.findings)
        .where(t.findings.c.reply_id == bindparam("b_id"))
        .values(
            state=bindparam("b_state"), words_id=func.coalesce(bindparam("b_words"), t.findings.c.words_id)
        )
    ),
    "action": Prepared(
        update(t.actions).where(t.actions.c.reply_id == bindparam("b_id")).values(state=bindparam("b_state"))
    ),
}


@cache
def new(table: Table, columns: tuple[str, ...]) -> Prepared:
    """An insert that gives these columns."""
    return Prepared(insert(table), columns)
