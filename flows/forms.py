"""What coordinators are asked, defined once: fields with types and checks.

A platform renders a form in its own way: as a modal, as a conversation with a way back, as options of a command.
Whatever it is, it hands in what was written, as text, and gets values or all faults at once. The same field
is called the same everywhere: `label` is its key in the catalogues, `about` one line for a command's help.

Where people talk on a platform with accounts, they are named with their account in angle brackets, and groups with
the channel they live in behind an @:

    Kari Vik (Health) <U0123>
    Fjord@C0456: Kari Vik <U0123>, Amir <U0124>
    Fjell@telegram/777/-1001234: Ola <77>, Per <slack/U0125>

What stands before a slash is another platform than the series' own (PLATFORM/ID or PLATFORM/WORKSPACE/ID). Somebody
in a group is on the group's platform, where nothing else is said.

What is ugly: whether a zone exists, a form is the programme's, or a person is known is not for a form to find
out. Such fields are text here, and are looked up by whoever can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Literal, TypeAlias

from flows.calendar import plausible

Kind = Literal[
    "text", "name", "names", "group", "choice", "number", "date", "time", "moment", "zone", "flag", "place"
]
Values: TypeAlias = dict[str, Any]

_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_TIME = re.compile(r"(\d{1,2})[:.](\d\d)")
_NAMED = re.compile(r"(?P<name>[^()<>]+?)\s*(?:\((?P<unit>[^()<>]+)\)\s*)?(?:<(?P<at>[^()<>]+)>)?")
#: Between an id and what it belongs to.
_PARTS = 3
#: Characters of what something is called: more is no name, and the tables hold no more.
_LONGEST = 100


class Sentence(str):
    """Something said at the command line, in English; `code` and `params` say it in every language.

    The texts stand in the catalogues, under `form.why` for faults of forms and under `counter.told` otherwise.
    """

    code: str
    params: dict[str, Any]

    def __new__(cls, words: str, code: str, **params: Any) -> Sentence:
        made = super().__new__(cls, words)
        made.code, made.params = code, params
        return made


@dataclass(frozen=True, slots=True)
class When:
    """A local date, with a time of its own if one was written beside it."""

    on: date
    at: time | None = None


@dataclass(frozen=True, slots=True)
class At:
    """An account or a channel by its id; of the series' own platform and workspace, where nothing else is said."""

    id: str
    platform: str | None = None
    workspace: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody by name, with their unit and their account, where those were written: "Kari Vik (Health) <U1>"."""

    name: str
    unit: str | None = None
    at: At | None = None
    #: Their own language, as their platform knows it.
    language: str | None = None

    @property
    def key(self) -> str:
        """What tells people apart: the account, otherwise the name."""
        return self.at.id if self.at else self.name.casefold()


@dataclass(frozen=True, slots=True)
class NamedGroup:
    """A group that a coordinator has put together, and its channel: "Fjord@C1: Kari, Amir"."""

    name: str
    people: tuple[Named, ...]
    at: At | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One thing asked for. `many`: any number of answers, in a tuple; otherwise one, or None."""

    name: str
    kind: Kind
    about: str
    required: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()
    #: The usual answer, where the form itself knows one.
    usual: str | None = None

    def read(self, written: str) -> Any:
        """What was written, as a value. Raises NotSo."""
        if self.kind == "choice" and written not in self.choices:
            listed = ", ".join(self.choices)
            raise NotSo(
                f"{written!r} is not among the choices; write one of {listed}", "choice", written=written
            )
        return _READERS.get(self.kind, _text)(written)


class NotSo(ValueError):
    """Something written that cannot be read as what it should be; `why` says what to write instead."""

    def __init__(self, words: str, code: str, **params: Any) -> None:
        self.why = Sentence(words, code, **params)
        super().__init__(self.why)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, and what to do."""

    field: str
    why: Sentence


class FormFaults(ValueError):
    """A form that cannot be used as it was filled in; every fault of it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(f"{fault.field}: {fault.why}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Form:
    name: str
    fields: tuple[Field, ...]
    #: What must hold between fields; tried once each field is well by itself.
    checks: tuple[Callable[[Values], Fault | None], ...] = ()

    def only(self, *names: str) -> Form:
        """These fields alone, as one step of several: what must hold between fields is not tried."""
        return Form(self.name, tuple(field for field in self.fields if field.name in names))

    def label(self, field: Field) -> str:
        """The key of a field's label in the bot's catalogues."""
        return f"form.{self.name}.{field.name}"

    def read(self, written: Mapping[str, Any]) -> Values:
        """Values by field: tuples where there may be many, None for what was left empty.

        `written` holds text, or a sequence of texts for a field of many, or a bool for a flag; what it does not
        hold was not answered. Raises FormFaults.
        """
        faults: list[Fault] = []
        values = {field.name: _value(field, written.get(field.name), faults) for field in self.fields}
        if not faults:
            faults = [fault for check in self.checks if (fault := check(values))]
        if faults:
            raise FormFaults(tuple(faults))
        return values


def _value(field: Field, written: Any, faults: list[Fault]) -> Any:
    if field.kind == "flag":
        return bool(written)
    answers = list(written or ()) if field.many else [written or field.usual]
    read = []
    for answer in filter(None, (each.strip() for each in answers if each)):
        try:
            read.append(field.read(answer))
        except NotSo as problem:
            faults.append(Fault(field.name, problem.why))
    if field.required and not any(each and each.strip() for each in answers):
        faults.append(_fault(field.name, f"is needed: {field.about[0].lower()}{field.about[1:]}", "needed"))
    return tuple(read) if field.many else next(iter(read), None)


def _fault(field: str, words: str, code: str) -> Fault:
    return Fault(field, Sentence(words, code))


# -- from text to value


def _text(written: str) -> str:
    return written


def called(written: str) -> str:
    """A name for something. Raises NotSo."""
    if len(written) > _LONGEST:
        words = f"“{written[:20]}…” is too long for a name; write {_LONGEST} characters at most"
        raise NotSo(words, "long", most=_LONGEST)
    return written


def _number(written: str) -> int:
    if not written.isascii() or not written.isdecimal() or int(written) < 1:
        raise NotSo(f"{written!r} is no whole number; write 1 or more", "number", written=written)
    return int(written)


def _date(written: str) -> date:
    """As 2026-10-13, or with the day first: 13.10.2026."""
    by_day = _DAY_FIRST.fullmatch(written)
    try:
        day = date(*(int(by_day[n]) for n in (3, 2, 1))) if by_day else date.fromisoformat(written)
    except ValueError as problem:
        words = f"{written!r} is no date of the calendar; write it like 2026-10-13 or 13.10.2026"
        raise NotSo(words, "date", written=written) from problem
    try:
        return plausible(day)
    except ValueError as problem:
        raise NotSo(str(problem), "year", written=written) from problem


def _time(written: str) -> time:
    found = _TIME.fullmatch(written)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise NotSo(f"{written!r} is no time of day; write it like 09:00", "time", written=written)
    return time(int(found[1]), int(found[2]))


def _moment(written: str) -> When:
    day, _, clock = written.replace("T", " ", 1).partition(" ")
    return When(_date(day), _time(clock.strip()) if clock.strip() else None)


def _names(written: str) -> tuple[Named, ...]:
    return tuple(named(name) for each in re.split(r"[,\n]", written) if (name := each.strip()))


def named(written: str) -> Named:
    """Raises NotSo."""
    found = _NAMED.fullmatch(written)
    if found is None:
        words = f"{written!r} is no name; write it like Kari Vik, or Kari Vik (Health) with a unit"
        raise NotSo(words, "name", written=written)
    unit = found["unit"]
    at = _at(found["at"]) if found["at"] else None
    return Named(called(" ".join(found["name"].split())), called(unit.strip()) if unit else None, at)


def _at(written: str) -> At:
    parts = [part.strip() for part in written.split("/")]
    if len(parts) > _PARTS or not all(parts):
        words = (
            f"{written!r} is no account or channel; write its id, or PLATFORM/ID, or PLATFORM/WORKSPACE/ID"
        )
        raise NotSo(words, "at", written=written)
    platform, workspace = (parts[0] if len(parts) > 1 else None), (parts[1] if len(parts) == _PARTS else None)
    return At(parts[-1], platform, workspace)


def _group(written: str) -> NamedGroup:
    named, colon, people = written.partition(":")
    name, _, home = named.partition("@")
    if not colon or not name.strip() or not people.strip():
        words = f"{written!r} is no group; write it like “Fjord: Kari, Amir, Liv, Jon”"
        raise NotSo(words, "group", written=written)
    return NamedGroup(called(name.strip()), _names(people), _at(home) if home.strip() else None)


_READERS: dict[str, Callable[[str], Any]] = {
    "name": called, "number": _number, "date": _date, "time": _time, "moment": _moment, "names": _names,
    "group": _group, "place": _at,
}  # fmt: skip


# -- the forms


def _some_people(values: Values) -> Fault | None:
    if values["undivided"] and (values["groups"] or values["group"]):
        words = "people are divided later; give one list of them, or none where they come in by a code"
        return _fault("undivided", words, "divided-later")
    if (values["groups"] or values["undivided"]) and not (values["people"] or values["group"]):
        return None
    if values["people"] and values["group"]:
        return _fault(
            "group", "people are listed twice; name the groups, or give one list to be divided", "two-lists"
        )
    if not (values["people"] or values["group"]):
        return _fault(
            "people", "nobody is named; give a list of people, or groups with their people", "nobody"
        )
    return None


def _some_dates(values: Values) -> Fault | None:
    if values["on"] and values["rule"]:
        return _fault("rule", "dates are given twice; give the dates, or a rule for them", "two-ways")
    if not (values["on"] or values["rule"]):
        return _fault("on", "no date is given; give dates such as 2026-10-13, or a rule for them", "no-date")
    return None


def _some_times(values: Values) -> Fault | None:
    if values["at"] is None and any(when.at is None for when in values["on"]):
        return _fault("at", "is needed: at what time of day, like 09:00", "no-time")
    if values["rule"] and values["at"]:
        return _fault("at", "a rule holds its own time; leave this out", "time-in-rule")
    return None


def _all_or_one(values: Values) -> Fault | None:
    if values["following"] and values["group"]:
        words = "what follows moves for all groups; leave the group out, or move its sessions one by one"
        return _fault("following", words, "all-or-one")
    return None


def _number_or_names(values: Values) -> Fault | None:
    if values["groups"] is not None and values["group"]:
        return _fault("group", "say how many groups there are, or who sits in them", "number-or-names")
    return None


def _over_until(values: Values) -> Fault | None:
    if values["over"] and values["until"] is None:
        return _fault("until", "is needed, where what falls in the pause is to move", "over-until")
    return None


_CHOSEN = Field(
    "which", "choice", "Which of the two, where the clock is put back.", choices=("first", "second")
)
_TIMES = (
    Field("on", "moment", "A date, with a time if it has its own: 2026-10-13.", many=True),
    Field("at", "time", "The time of day, where a date has none: 09:00."),
    Field("rule", "text", "Dates by a rule: every second tuesday 09:00, six times."),
    Field("start", "date", "The date from which a rule counts. Usually today."),
    _CHOSEN,
    Field("zone", "zone", "The time zone, like Europe/Oslo. Usually the organisation's."),
    Field("language", "choice", "Usually the organisation's.", choices=("nb", "nn", "sv", "en")),
    Field("pace", "choice", "Minutes in a meeting, or days in a thread.", choices=("live", "async"), usual="live"),
    Field("window", "number", "Working days that a round is open, at the async pace. Usually 4."),
    Field("answering", "choice", "Each person writes, or one for a table.", choices=("each", "table"), usual="each"),
    Field("form", "text", "How the programme is timed; one of its forms. Usually its first."),
    Field("arena", "choice", "Where it is held; it decides which rules hold.",
          choices=("elected", "leaders", "unions", "staff", "partners"), usual="staff"),
)  # fmt: skip

#: Where a series can be. The terminal is the machine's own, and has neither workspaces nor accounts.
PLATFORMS = ("terminal", "slack", "telegram")

#: Planning a series. `people` is one list to be divided; `group` is used as it stands.
CREATE = Form(
    "series-create",
    (
        Field("name", "name", "What the series is called.", required=True),
        Field(
            "people", "names", "Who takes part, to be divided in groups of 4 to 6; with accounts, Kari <U1>."
        ),
        Field(
            "group", "group", "A group as it shall be: “Fjord: Kari, Amir”, “Fjord@C1: Kari <U1>”.", many=True
        ),
        Field(
            "groups", "number", "How many groups, where people come in by codes of their own: on Telegram."
        ),
        Field(
            "undivided", "flag", "People are divided into groups later, before the first session for groups."
        ),
        *_TIMES,
        Field("note_taker", "names", "Who writes for a group.", many=True),
        Field("coordinator", "names", "Who runs the series, and is told when something needs it.", many=True),
        Field("manager", "names", "Who reads the managers' recap.", many=True),
        Field("tentative", "flag", "The dates are not certain; nothing starts until they are confirmed."),
        Field("platform", "choice", "Where people talk.", choices=PLATFORMS, usual="terminal"),
        Field("workspace", "text", "Which of the platform's workspaces, like T0123 on Slack."),
        Field("channel", "place", "A channel that all groups share, each with threads of its own."),
        Field(
            "everyone", "place", "The channel where everyone meets, if the groups have channels of their own."
        ),
        Field("managers_place", "place", "A channel for managers' recaps; everybody in it reads them."),
        Field(
            "acknowledged", "flag", "What the docs say of Telegram and public bodies is read, and settled."
        ),
    ),
    (_some_people, _some_dates, _some_times),
)

#: When a series is held, as a chat asks for it: the first date, and the others, or the weeks between them.
WHEN = Form(
    "series-when",
    (
        Field("first", "date", "The date of the first meeting.", required=True),
        Field("at", "time", "The time of day.", required=True),
        Field("apart", "choice", "Weeks between two meetings.", choices=("1", "2", "3", "4"), usual="2"),
        Field(
            "others",
            "moment",
            "The dates of the other meetings, where they are not so many weeks apart.",
            many=True,
        ),
    ),
)

#: Trying out a programme on dates, without people of its own.
TRY_OUT = Form("series-simulate", _TIMES, (_some_dates, _some_times))

#: Pausing a series, with an end or without.
PAUSE = Form(
    "series-pause",
    (
        Field("until", "date", "The day on which it goes on by itself, like 2027-01-04."),
        Field(
            "over",
            "flag",
            "What falls in the pause moves to after it, with all that follows, by whole weeks. Needs a day.",
        ),
    ),
    (_over_until,),
)

#: Dividing people who have been one circle so far: in so many groups, or who sits where.
DIVIDE = Form(
    "series-divide",
    (
        Field("groups", "number", "How many groups. Usually as many as make groups of 4 to 6."),
        Field(
            "group", "group", "Who sits in a group: “Fjord: Kari, Amir”, “Fjord@C1: Kari, Amir”.", many=True
        ),
    ),
    (_number_or_names,),
)

#: Giving a meeting another date. The local time is kept, unless a new one is given.
MOVE = Form(
    "series-move",
    (
        Field("to", "date", "The new date, like 2026-11-03.", required=True),
        Field("at", "time", "A new time of day. Usually the same as before."),
        _CHOSEN,
        Field("group", "text", "One group only, by its name; the others keep their date."),
        Field(
            "following",
            "flag",
            "All sessions that follow move by as many days: over a holiday, or a closed week.",
        ),
    ),
    (_all_or_one,),
)
