"""Recaps, from rows to rows: what `flows.recap` chooses from, where its choice is kept, and who may change it.

    sources     what a recap is made from: replies without their words, findings, actions, counts
    groups      a group's recap, when its next meeting opens with it
    others      what a group is shown of the others, drawn once a meeting
    managers    the managers' recap of a meeting, across groups
    wording     a coordinator's own words for a line, and what is left of a recap when its sources are gone
    common      a line of what is common, in words
    arranging   what belongs together, as a coordinator puts it
    away        a group's recap for those of it who could not come
    answers     what managers answered a group, until it is told
    responding  how they do it
    desk        a group's recap on a coordinator's desk: hold, release, edit, approve
    approval    the managers' recap there: edit and approve, so that it goes out
    sending     to whom a recap or a notice goes, and what has gone out
    reading     a recap in words for whoever may see it, through `flows.sight`

A version is a row and is never written over: a change is a new row. What has gone out loses a line when what the
line rests on is taken back, and nothing takes its place.

The life of a group's recap (`status`): nothing is stored until its next meeting opens (`automatic`), or a
coordinator has been there: `held` (the meeting opens without it), `released` (no longer held, or only
sent to those who were away: made anew at the opening), `edited`, `approved`.

The life of the managers' recap: version 0 says that it waits (`draft`), and later that it waits no more
(`settled`); the versions from 1 are `edited`, `approved` (sent), or `counts` (sent, because nobody approved it in
time). That of the whole series (`recaps.whole`) stands beside the recap of the last meeting it tells of, with versions
of its own, and goes out only when somebody approves it.
"""

from bot.recaps.groups import compile_groups, group_recaps
from bot.recaps.managers import compile_managers

__all__ = ("compile_groups", "compile_managers", "group_recaps")
