"""Why messages came, or did not come, for those who run a series; see `bot.series.why`."""

from __future__ import annotations

from adapters.port import Sheet
from bot.counter.acts import Act, runs
from bot.counter.sheets import button, heading, item, line, sheet
from bot.counter.visit import Visit
from bot.series import why as reasons

#: Messages on a page: more is not read in one go.
MOST = 20


def why(visit: Visit, number: int, which: int) -> Sheet:
    """The newest messages of a meeting, and why nothing is said now."""
    office = visit.office(number)
    meeting = office.meeting(which).id
    entries = reasons.explained(office, meeting=meeting, most=MOST)
    blocks = [heading(office.series.title)]
    blocks += [item(reasons.in_words(visit.say, each)) for each in entries]
    if not entries:
        blocks.append(line(visit.say("why.nothing")))
    blocks += [
        line(reasons.silence_in_words(visit.say, name, of, reason))
        for name, of, reason in reasons.silences(office, meeting=meeting)
    ]
    back = button(visit, "counter.button.back", "meeting", number, which)
    return sheet(visit, "counter.title.why", *blocks, labels=[back])


ACTS = (Act("why", runs, why),)
