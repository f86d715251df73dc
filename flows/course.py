"""Going through the steps: from the first that opens to what is said at the end."""

from __future__ import annotations

from datetime import datetime, timedelta

from flows.effects import Publish
from flows.kinds.finding import released
from flows.message import line, message
from flows.turn import Turn

#: Steps that one call may open: more than any round has, few enough to stop a programme that goes in circles.
BUDGET = 100
#: Async: private reminders to those who have not answered, at this share of the window and one working day before
#: its end; never more than these two.
REMINDED_AT = 0.5
#: Where both would come within so long of each other, only the first is sent.
APART = timedelta(hours=4)


class BudgetExceeded(Exception):
    """A round opened more steps in one call than any round has. The programme is at fault."""


def begin(turn: Turn) -> None:
    setting = turn.state.setting
    live_end = turn.now + timedelta(minutes=setting.minutes)
    turn.set(phase="running", deadlines={}, ends_at=live_end if turn.live else setting.closes_at, step=0)
    if setting.closes_at and not turn.live and not setting.groups:
        _plan_reminders(turn, setting.closes_at)
    turn.open_step()


def _plan_reminders(turn: Turn, closes: datetime) -> None:
    first, last = turn.partway(turn.now, REMINDED_AT), turn.days.one_working_day_before(closes)
    if first < closes:
        turn.due("reminder", first)
        if last >= first + APART:
            turn.due("last-call", last)


def run(turn: Turn) -> None:
    if turn.over and turn.state.phase == "paused":
        # It has what it came for, and goes on when the circle does.
        turn.due("settle", turn.now)
    for _ in range(BUDGET):
        if turn.state.phase != "running" or not turn.over:
            return None
        if not _is_over(turn):
            continue
        turn.close_step()
        if turn.state.step + 1 >= len(turn.route.steps) or turn.window_closed:
            return finish(turn)
        turn.set(step=turn.state.step + 1)
        turn.open_step()
    raise BudgetExceeded(f"round {turn.route.round} opened more than {BUDGET} steps in one call")


def _is_over(turn: Turn) -> bool:
    """A step that has more to ask takes it back."""
    turn.step.closes(turn)
    return turn.over


def finish(turn: Turn) -> None:
    setting = turn.state.setting
    publish(turn)
    if setting.plenum and not setting.groups:
        # The break, and the thanks, come after the plenum, from everyone's session.
        turn.say(message("answer", line("plenum.go")))
    else:
        turn.goodbye()
    turn.finish("done")


def publish(turn: Turn) -> None:
    given = tuple(
        one for at, step in enumerate(turn.route.steps) for one in step.gives(turn.route, turn.state, at)
    )
    if not turn.state.setting.groups or given:
        turn.effects.append(Publish(released(turn.state.findings), given))
