"""Dates by a rule: "every second tuesday 09:00, six times", in English, bokmål, nynorsk and Swedish.

The grammar is small on purpose. A rule has five parts: how often, which weekday, what time, how
many times and from when. Each part is looked for once, wherever it stands, and taken out; if
anything but a filler word is left, the rule is refused. Nothing is skipped in silence, so
"tuesday and thursday" or "2 pm" is asked about, never half understood.

What is ugly: the four languages are read as one. It works because no word of the grammar means
two things among them (a test says so), and it lets a Swede and a Norwegian share a command.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from babel import Locale
from dateutil.rrule import WEEKLY, rrule

from flows.calendar import plausible

MOST_MEETINGS = 104
"""A weekly meeting for two years; more is a slip of the keyboard."""

MOST_WEEKS = 52
"""The widest step between two meetings: once a year."""

NUMBERS = (
    *("one en ei ein ett én éin", "two to två", "three tre", "four fire fyra", "five fem", "six seks sex"),
    *("seven sju syv", "eight åtte åtta", "nine ni nio", "ten ti tio", "eleven elleve elva", "twelve tolv"),
)
"""Words for 1, 2, 3 and so on, in the four languages."""

ORDINALS = (
    "second other andre annen annet anna annan andra",
    *("third tredje", "fourth fjerde fjärde", "fifth femte", "sixth sjette sjätte"),
)
"""Words for every 2nd, 3rd and so on. Not "first": "every first tuesday" is about months."""

EVERY = "every each weekly hver hvert kvar kvart varje var vart"
EVERY_OTHER = "annenhver annethvert annankvar annakvar annakvart varannan vartannat"
TIMES = "times time meetings ganger gang gonger gong gånger gång møter møte möten"
CLOCK = "at kl klokka klokken klockan"
FROM = "from starting fra frå från"
FILLERS = "on the på om i week weeks uke uker veke veker vecka veckan veckor"

PARTS = {
    "start": "the date to start from",
    "count": "how many times",
    "at": "the time of day",
    "every": "how often",
    "weekday": "the weekday",
}
"""The parts of a rule in the order in which they are looked for: a date holds digits that look
like a count, a count ("6 times") must go before "every 6", and so on."""

EXAMPLES = (
    ("hver hvert annenhver ganger", "hver andre tirsdag 09:00, seks ganger"),
    ("kvar kvart annankvar gonger tysdag", "kvar andre tysdag 09:00, seks gonger"),
    ("var varje varannan gånger tisdag", "varannan tisdag 09:00, sex gånger"),
)
EXAMPLE = "every second tuesday 09:00, six times"


@dataclass(frozen=True, slots=True)
class Rule:
    """`count` meetings on a weekday (0 is Monday), `every` so many weeks, at a local time, the
    first on the first such weekday that is not before `start`."""

    weekday: int
    every: int
    count: int
    at: time
    start: date

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            raise ValueError(f"weekday is {self.weekday}; it is 0 (Monday) to 6 (Sunday)")
        if self.every not in range(1, MOST_WEEKS + 1):
            raise ValueError(f"every {self.every} weeks cannot be kept; give 1 to {MOST_WEEKS}")
        if self.count not in range(1, MOST_MEETINGS + 1):
            raise ValueError(f"{self.count} times is not a series; give 1 to {MOST_MEETINGS}")
        if self.at.tzinfo is not None:
            raise ValueError("the time of a rule is a plain local time; the zone belongs to the series")
        plausible(self.start)


def dates_by_rule(rule: Rule) -> tuple[date, ...]:
    """The local dates of a rule, earliest first; `rule.count` of them."""
    # rrule counts weeks from the one its start lies in, so that "every second Tuesday" asked for on
    # a Wednesday would begin in thirteen days. It is given the first meeting itself instead.
    first = rule.start + timedelta(days=(rule.weekday - rule.start.weekday()) % 7)
    found = rrule(WEEKLY, dtstart=datetime.combine(first, time()), interval=rule.every, count=rule.count)
    return tuple(moment.date() for moment in found)


class UnreadableRule(ValueError):
    """A rule in words that cannot be followed.

    `understood` maps a part (a key of `PARTS`) to the words it was read from; `unknown` are the
    words left over; `missing` the parts not found; `reason` what is wrong with a part that was
    read ("" if nothing); `example` a rule that can be read, in the language of the text.
    """

    def __init__(
        self,
        text: str,
        understood: Mapping[str, str],
        unknown: tuple[str, ...] = (),
        missing: tuple[str, ...] = (),
        reason: str = "",
    ) -> None:
        super().__init__(text, understood, unknown, missing, reason)
        self.text, self.understood, self.unknown = text, dict(understood), unknown
        self.missing, self.reason = missing, reason
        self.example = _example(text)

    def __str__(self) -> str:
        lists = {
            "Understood": [f"{PARTS[part]} ({words})" for part, words in self.understood.items()],
            "Not understood": [repr(word) for word in self.unknown],
            "Missing": [PARTS[part] for part in self.missing],
            "Wrong": [self.reason] if self.reason else [],
        }
        told = " ".join(f"{title}: {', '.join(items)}." for title, items in lists.items() if items)
        return f"The rule {self.text!r} cannot be read. {told} Write it like {self.example!r}."


def parse_rule(text: str, *, start: date | None = None) -> Rule:
    """Read a rule in words; raise `UnreadableRule` unless every word of it was understood.

    `start` is the date to start from, if the text has none of its own ("from 2026-09-01").
    """
    found, unknown = _take_apart(text)
    missing = tuple(part for part in PARTS if part not in found and not _may_be_left_out(part, start))
    understood = {part: match.group().strip() for part, match in found.items()}
    if unknown or missing:
        raise UnreadableRule(text, understood, unknown, missing)
    try:
        return _rule(found, start)
    except ValueError as cause:
        raise UnreadableRule(text, understood, reason=str(cause)) from cause


def _may_be_left_out(part: str, start: date | None) -> bool:
    """Plain "tuesdays 09:00" means every week, and the start may come from beside the text."""
    return part == "every" or (part == "start" and start is not None)


def _take_apart(text: str) -> tuple[dict[str, re.Match[str]], tuple[str, ...]]:
    """The parts found, and the words that belong to none of them."""
    # Some keyboards write å as two characters; NFC makes them the one that the grammar knows.
    rest = unicodedata.normalize("NFC", text).casefold()
    found = {}
    for part in PARTS:
        if match := _patterns()[part].search(rest):
            found[part] = match
            rest = f"{rest[: match.start()]} , {rest[match.end() :]}"
    words = (word.strip(".,;") for word in rest.split())
    return found, tuple(word for word in words if word and word not in FILLERS.split())


def _rule(found: Mapping[str, re.Match[str]], start: date | None) -> Rule:
    return Rule(
        weekday=weekday_names()[found["weekday"]["name"]],
        every=_weeks(found.get("every")),
        count=_number(found["count"]["n"]),
        at=_time(found["at"]),
        start=date.fromisoformat(found["start"]["day"]) if "start" in found else start or date.min,
    )


def _weeks(every: re.Match[str] | None) -> int:
    if every is None:
        return 1
    return 2 if every["other"] else _number(every["n"] or "1")


def _time(at: re.Match[str]) -> time:
    hour, minute = int(at["hour"] or at["bare_hour"]), int(at["minute"] or at["bare_minute"] or 0)
    if hour > 23 or minute > 59:
        raise ValueError(f"{hour}:{minute:02} is not a time of day")
    return time(hour, minute)


def _number(word: str) -> int:
    """A number in digits or words, cardinal or ordinal."""
    return int(word) if word.isdecimal() else (_values(NUMBERS, 1) | _values(ORDINALS, 2))[word]


def _values(words: Iterable[str], first: int) -> dict[str, int]:
    return {word: value for value, line in enumerate(words, first) for word in line.split()}


@cache
def weekday_names() -> dict[str, int]:
    """Weekdays as people write them in the four languages, whole and shortened; 0 is Monday."""
    names = {"sundag": 6, "lørdag": 5}
    for language in ("en", "nb", "nn", "sv"):
        for width in ("wide", "abbreviated"):
            days = Locale.parse(language).days["format"][width]
            names |= {name.casefold().rstrip("."): day for day, name in days.items()}
    # Nynorsk shortens to two letters, and "on" and "to" are words of their own.
    return {name: day for name, day in names.items() if len(name) > 2}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    number = rf"\d{{1,4}}|{_either(_values(NUMBERS, 1))}"
    nth = rf"(?P<n>{number}|{_either(_values(ORDINALS, 2))})(?:st|nd|rd|th|\.|:[ae])?"
    patterns = {
        "start": rf"(?:{_either(FROM.split())})\s+(?P<day>\d{{4}}-\d\d-\d\d)",
        "count": rf"(?P<n>{number})\s+(?:{_either(TIMES.split())})",
        "at": rf"(?:{_either(CLOCK.split())})\.?\s*(?P<hour>\d{{1,2}})(?:[:.](?P<minute>\d\d))?"
        r"|(?P<bare_hour>\d{1,2})[:.](?P<bare_minute>\d\d)",
        "every": rf"(?P<other>{_either(EVERY_OTHER.split())})"
        rf"|(?:{_either(EVERY.split())})(?:\s+{nth}(?!\w))?",
        "weekday": rf"(?P<name>{_either(weekday_names())})(?:s|er|ar)?",
    }
    return {part: re.compile(rf"(?<![\w:.-])(?:{pattern})(?![\w:-])") for part, pattern in patterns.items()}


def _either(words: Iterable[str]) -> str:
    """A pattern for any of these words, the longest first, so that "tis" does not win over "tisdag"."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def _example(text: str) -> str:
    words = set(re.findall(r"\w+", text.casefold()))
    return next((example for marks, example in EXAMPLES if words & set(marks.split())), EXAMPLE)
