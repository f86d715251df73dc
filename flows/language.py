"""What people read, in their own language.

A catalogue is handed in as a mapping, read from a file by someone else. The rules:

- Keys are nested in the file and addressed by dots: `meeting.late`.
- `{name}` is a place for a parameter. A number is written as the language writes it, a point in time by a
  named format, in the series' zone: `{until:time}`. Nothing else can stand between the braces, so a text that
  somebody uploaded cannot reach into our objects.
- What is put in is never read again as a text: braces that people write are only braces.
- A mapping of plural categories (`one`, `other`; `=0` for exactly that number) is one text, chosen by `n`.
- A list is a vocabulary: words that people write, not words that the bot says.

Named formats, for 13 October 2026, 09:35:

    time    09:35
    day     Tuesday 13 October
    date    13 October 2026
    moment  Tuesday 13 October at 09:35
    when    the time alone for a reader on the same day, otherwise the moment

What is ugly: Babel's own long formats leave out the weekday, or put in the year, or leave out the «kl.» that
Norwegian and Swedish have before a time, so `day` and `moment` are put together here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime, tzinfo
from functools import cache, lru_cache
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

# Babel takes longer to import than all of flows, and most commands say nothing: it is imported when needed.
if TYPE_CHECKING:
    from babel import Locale

Kind = Literal["text", "plural", "words"]
Entry: TypeAlias = str | dict[str, str] | tuple[str, ...]

#: CLDR's categories. `=3` stands beside them, for exactly three.
CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})
FORMATS = ("time", "day", "date", "moment", "when")
#: Where a language alone would be read as that of another country: American dates in a European series.
REGIONS = {"en": "en_GB"}
#: What stands between a day and a time.
AT = {"nb": " kl. ", "nn": " kl. ", "sv": " kl. ", "en": " at "}
WORDS = "words."

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EXACT = re.compile(r"=\d+")


class LanguageError(LookupError):
    """A catalogue cannot say what it was asked to."""


class MissingText(LanguageError):
    """No text has this key; write one, or correct the key."""

    def __init__(self, key: str, language: str) -> None:
        super().__init__(f"the catalogue {language} has no text {key!r}; add it, or correct the key")
        self.key, self.language = key, language


class MissingParameter(LanguageError):
    """A text has a place for something that was not handed in."""

    def __init__(self, key: str, parameter: str, language: str) -> None:
        super().__init__(f"the text {key!r} in {language} needs {{{parameter}}}, which was not given")
        self.key, self.parameter, self.language = key, parameter, language


class UnfitText(LanguageError):
    """A text that cannot be read, or a parameter that does not fit its place."""

    def __init__(self, key: str, language: str, why: str) -> None:
        super().__init__(f"the text {key!r} in {language} cannot be used: {why}")
        self.key, self.language, self.why = key, language, why


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language, for readers in one zone (an IANA name).

    Raises `UnfitText` for a value that is neither text, plural, list nor mapping, and for an unknown zone.
    """

    language: str
    texts: InitVar[Mapping[str, Any]]
    zone: str
    entries: dict[str, Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self, texts: Mapping[str, Any]) -> None:
        try:
            object.__setattr__(self, "entries", dict(_flat(texts)))
            _zone(self.zone)
        except (ValueError, LookupError, OSError) as cause:
            raise UnfitText("", self.language, str(cause)) from cause

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def say(self, key: str, /, *, now: datetime | None = None, **params: Any) -> str:
        """The text of that key, with its parameters: str, numbers, aware datetimes and dates.

        `now` lets `{until:when}` leave out the day where it is today's; it is no parameter itself.
        Raises `MissingText`, `MissingParameter`, `UnfitText`.
        """
        entry = self.entries.get(key)
        if entry is None or isinstance(entry, tuple):
            raise MissingText(key, self.language)
        text = entry if isinstance(entry, str) else self._plural(key, entry, params)
        try:
            return "".join(self._filled(key, text, params, now))
        except (ValueError, TypeError) as cause:
            raise UnfitText(key, self.language, str(cause)) from cause

    def vocabulary(self) -> dict[str, list[str]]:
        """The words that people write, as `flows.reading.understand` wants them: `control.next` and so on."""
        lists = ((key, entry) for key, entry in self.entries.items() if isinstance(entry, tuple))
        return {key.removeprefix(WORDS): list(entry) for key, entry in lists if key.startswith(WORDS)}

    def _plural(self, key: str, forms: Mapping[str, str], params: Mapping[str, Any]) -> str:
        if "n" not in params:
            raise MissingParameter(key, "n", self.language)
        n = params["n"]
        if isinstance(n, bool) or not isinstance(n, int | float):
            raise UnfitText(key, self.language, f"n chooses the plural, and is a number, not {n!r}")
        return forms.get(f"={n}") or forms.get(_locale(self.language).plural_form(n), forms["other"])

    def _filled(self, key: str, text: str, params: Mapping[str, Any], now: datetime | None) -> Iterator[str]:
        for literal, name, named in _parsed(text):
            yield literal
            if name is None:
                continue
            if name not in params:
                raise MissingParameter(key, name, self.language)
            yield self._shown(name, params[name], named, now)

    def _shown(self, name: str, value: object, named: str, now: datetime | None) -> str:
        if isinstance(value, date):  # a datetime is one too
            return self._time(name, value, named or "moment", now)
        if named:
            raise ValueError(f"{{{name}:{named}}} is for a point in time, and got {type(value).__name__}")
        if isinstance(value, str):
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{{{name}}} takes a text, a number or a moment, not {type(value).__name__}")
        from babel.numbers import format_decimal

        return format_decimal(value, locale=_locale(self.language))

    def _time(self, name: str, value: date, named: str, now: datetime | None) -> str:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError(f"{{{name}}} has no time zone; pass an aware datetime")
            zone = _zone(self.zone)
            local = value.astimezone(zone)
            today = now is not None and now.astimezone(zone).date() == local.date()
            if named == "when":
                named = "time" if today else "moment"
            return _by_name(self.language, local, named)
        if named not in ("day", "date"):
            raise ValueError(f"{{{name}:{named}}} needs a time of day, and got a date; use day or date")
        return _by_name(self.language, value, named)


# -- for the checks of catalogues


@dataclass(frozen=True)
class Problem:
    """What is wrong with one text, and what to do about it."""

    key: str
    code: Literal["missing", "left-over", "kind", "placeholders", "plural", "unreadable"]
    why: str

    def __str__(self) -> str:
        return f"{self.key}: {self.why}"


def keys(texts: Mapping[str, Any]) -> dict[str, Kind]:
    """Every key of a catalogue, dotted, and what stands there. An empty value counts as no text.

    Raises ValueError for a value that is no text.
    """
    return {key: _kind(entry) for key, entry in _flat(texts)}


def placeholders(text: str | Mapping[str, str] | Iterable[str]) -> set[str]:
    """The names of the parameters of one text; of a plural, of all its forms. A vocabulary has none.

    Raises ValueError for a stray brace, an unknown format, or anything but a name between braces.
    """
    if isinstance(text, Mapping):
        return {name for form in text.values() for name in placeholders(form)}
    return {name for _, name, _ in _parsed(text) if name is not None} if isinstance(text, str) else set()


def compare(
    reference: Mapping[str, Any], other: Mapping[str, Any], language: str | None = None
) -> list[Problem]:
    """What is wrong with a translation, key by key.

    `language` is that of `other`; with it, plural texts must have every form that the language has.
    Raises ValueError where either is no catalogue at all.
    """
    theirs, ours = dict(_flat(reference)), dict(_flat(other))
    found = [Problem(key, "missing", "has no text here; translate it") for key in theirs if key not in ours]
    for key, entry in ours.items():
        if key not in theirs:
            found.append(Problem(key, "left-over", "stands only here; remove it, or correct the key"))
            continue
        try:
            found += _differences(key, theirs[key], entry, language)
        except ValueError as cause:
            found.append(Problem(key, "unreadable", str(cause)))
    return found


def _differences(key: str, theirs: Entry, ours: Entry, language: str | None) -> Iterator[Problem]:
    if isinstance(theirs, tuple) or isinstance(ours, tuple):
        if type(theirs) is not type(ours):
            wanted = "a list of words" if isinstance(theirs, tuple) else "a text"
            yield Problem(key, "kind", f"must be {wanted}")
        return
    plural = isinstance(ours, dict)
    forms = ours if isinstance(ours, dict) else {"": ours}
    for form in sorted(_tags(language) - forms.keys()) if plural else ():
        yield Problem(key, "plural", f"has no form for {form!r}; write it")
    asked = placeholders(theirs)
    for form, text in forms.items():
        given = placeholders(text)
        # A form may say «one minute» without the number that chose it.
        lost = asked - given - ({"n"} if plural else set())
        unknown = given - asked - ({"n"} if isinstance(theirs, dict) else set())
        if lost or unknown:
            yield Problem(key, "placeholders", _told(form, lost, unknown))


def _told(form: str, lost: set[str], unknown: set[str]) -> str:
    where = f"the form {form!r} " if form else ""
    missing = f"lacks {_braced(lost)}" if lost else ""
    strange = f"has {_braced(unknown)}, which nobody hands in" if unknown else ""
    return where + " and ".join(part for part in (missing, strange) if part)


def _braced(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


# -- reading a catalogue


def _flat(texts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Entry]]:
    for name, value in texts.items():
        key = f"{above}{name}"
        if value is None or value == []:  # an empty place is a text that is still to be written
            continue
        if isinstance(value, Mapping) and not _is_plural(value):
            yield from _flat(value, f"{key}.")
        else:
            yield key, _entry(key, value)


def _is_plural(value: Mapping[Any, Any]) -> bool:
    forms = (form in CATEGORIES or _EXACT.fullmatch(str(form)) for form in value)
    return "other" in value and all(forms) and all(isinstance(text, str) for text in value.values())


def _entry(key: str, value: object) -> Entry:
    if isinstance(value, Mapping):
        return {str(form): str(text) for form, text in value.items()}
    if isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        return tuple(str(word) for word in value)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{key} is {value!r}; write a text, or a list of words, in quotes")


def _kind(entry: Entry) -> Kind:
    return "words" if isinstance(entry, tuple) else "plural" if isinstance(entry, dict) else "text"


@lru_cache(maxsize=2000)
def _parsed(text: str) -> tuple[tuple[str, str | None, str], ...]:
    """A text as what stands between its parameters, their names, and their named formats."""
    return tuple(_piece(*piece) for piece in Formatter().parse(text))


def _piece(
    literal: str, name: str | None, named: str | None, conversion: str | None
) -> tuple[str, str | None, str]:
    if name is not None and (conversion or not _NAME.fullmatch(name)):
        raise ValueError(f"{{{name}}} is no parameter; write a name in braces, or {{{{ and }}}} for braces")
    if named and named not in FORMATS:
        raise ValueError(f"{{{name}:{named}}} has an unknown format; use one of {', '.join(FORMATS)}")
    return literal, name, named or ""


# -- what Babel knows


@cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale.parse(REGIONS.get(language, language))


def _tags(language: str | None) -> set[str]:
    """The plural forms that a language has."""
    return {"other", *_locale(language).plural_form.tags} if language else {"other"}


@cache
def _zone(name: str) -> tzinfo:
    return ZoneInfo(name)


@cache
def _day_pattern(language: str) -> str:
    """The language's full date without its year: «EEEE d. MMMM»."""
    full = _locale(language).date_formats["full"].pattern
    return re.sub(r"[\s,]*y+$|,", "", full)


def _by_name(language: str, at: date, named: str) -> str:
    from babel.dates import format_date, format_time

    locale = _locale(language)
    if named == "date":
        return format_date(at, "long", locale)
    if named == "moment":
        return AT.get(language, ", ").join(_by_name(language, at, part) for part in ("day", "time"))
    if named == "time" and isinstance(at, datetime):
        return format_time(at.timetz(), "short", locale=locale)
    return format_date(at, _day_pattern(language), locale)
