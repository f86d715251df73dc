"""Catalogues: keys, parameters, plurals and times; and what the checks say of a translation."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.language import (
    Catalogue,
    LanguageError,
    MissingParameter,
    MissingText,
    UnfitText,
    compare,
    keys,
    placeholders,
)

AUTUMN = datetime(2026, 10, 13, 7, 35, tzinfo=UTC)
TIMES = "{at:time} | {at:day} | {at:date} | {at:moment}"


def catalogue(texts: Mapping[str, Any], language: str = "en", zone: str = "Europe/Oslo") -> Catalogue:
    return Catalogue(language, texts, zone)


# -- keys and parameters


def test_keys_are_nested_in_the_file_and_addressed_by_dots() -> None:
    texts = catalogue({"points": {1: {"label": "Money", "year": 2030}}})
    assert texts.say("points.1.label") == "Money"
    assert texts.say("points.1.year") == "2030"
    assert "points.1.label" in texts
    assert "points.1" not in texts


def test_parameters_are_put_in_their_places() -> None:
    texts = catalogue({"title": "{number} of {of}: {title} {{kept}}"})
    assert texts.say("title", number=1, of=3, title="Status", more="ignored") == "1 of 3: Status {kept}"


@given(st.text())
def test_what_people_wrote_is_inserted_and_never_read_as_a_text(words: str) -> None:
    assert catalogue({"a": "«{words}» {b}"}).say("a", words=words, b="{words}") == f"«{words}» {{words}}"


@given(st.text(alphabet="{}n:!.[] a"))
def test_a_text_of_any_kind_is_said_or_refused_by_name(text: str) -> None:
    """A programme is written by people: whatever stands in it, nothing but a LanguageError comes out."""
    with suppress(LanguageError):
        assert len(catalogue({"a": text}).say("a", n=1)) <= len(text)


def test_a_parameter_may_be_called_key_or_language() -> None:
    assert catalogue({"a": "{key} {language}"}).say("a", key="k", language="l") == "k l"


@pytest.mark.parametrize("key", ["b", "a", "words.next", "empty", ""])
def test_a_missing_text_is_named_with_its_language(key: str) -> None:
    texts = catalogue({"a": {"b": "x"}, "words": {"next": ["go"]}, "empty": None}, "nn")
    with pytest.raises(MissingText, match="nn") as raised:
        texts.say(key)
    assert (raised.value.key, raised.value.language) == (key, "nn")


def test_a_missing_parameter_is_named_with_the_key() -> None:
    with pytest.raises(MissingParameter, match=r"'late'.*\{until\}") as raised:
        catalogue({"late": "until {until:time}"}).say("late", at=AUTUMN)
    assert (raised.value.key, raised.value.parameter) == ("late", "until")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "}",
        "{a",
        "{}",
        "{0}",
        "{a.b}",
        "{a[0]}",
        "{a!r}",
        "{A}",
        "{a:minutes}",
        "{a:{b}}",
        "{a.__class__}",
    ],
)
def test_only_a_name_and_a_named_format_stand_between_braces(text: str) -> None:
    """A text that somebody uploaded must not reach into our objects."""
    with pytest.raises(UnfitText, match="'bad'"):
        catalogue({"bad": text}).say("bad", a="x", b="y")
    with pytest.raises(ValueError, match=r"\{|\}|brace"):
        placeholders(text)


@pytest.mark.parametrize("value", [None, True, ["x"], object(), b"x"])
def test_a_parameter_is_a_text_a_number_or_a_time(value: object) -> None:
    with pytest.raises(UnfitText, match=r"\{a\}"):
        catalogue({"a": "{a}"}).say("a", a=value)


@pytest.mark.parametrize("value", [{"a": True}, {"a": ["x", 1]}, {"a": object()}])
def test_a_value_that_is_no_text_is_refused_at_once(value: dict[str, Any]) -> None:
    with pytest.raises(UnfitText, match="a is"):
        catalogue(value)


def test_an_unknown_zone_is_refused_at_once() -> None:
    with pytest.raises(UnfitText, match="Trondheim"):
        catalogue({}, zone="Europe/Trondheim")


# -- numbers and plurals


@pytest.mark.parametrize(("language", "many"), [("en", "1,200"), ("nb", "1\xa0200"), ("sv", "1\xa0200")])
def test_numbers_are_written_as_the_language_writes_them(language: str, many: str) -> None:
    assert catalogue({"a": "{n}"}, language).say("a", n=1200) == many


@pytest.mark.parametrize(
    ("n", "said"), [(0, "none"), (1, "one minute"), (2, "2 minutes"), (21, "21 minutes")]
)
def test_a_plural_text_is_chosen_by_n(n: int, said: str) -> None:
    texts = catalogue({"left": {"=0": "none", "one": "one minute", "other": "{n} minutes"}}, "nb")
    assert texts.say("left", n=n) == said


def test_plural_rules_are_those_of_the_language() -> None:
    forms = {"few": "few {n}", "many": "many {n}", "one": "one", "other": "other"}
    assert [catalogue({"a": forms}, "pl").say("a", n=n) for n in (1, 3, 5)] == ["one", "few 3", "many 5"]


def test_a_plural_without_its_number_is_named() -> None:
    texts = catalogue({"left": {"one": "one", "other": "many"}})
    with pytest.raises(MissingParameter, match=r"\{n\}"):
        texts.say("left")
    with pytest.raises(UnfitText, match="is a number"):
        texts.say("left", n="two")


def test_a_mapping_with_an_ordinary_key_beside_other_is_no_plural() -> None:
    assert keys({"a": {"other": "x", "title": "y"}}) == {"a.other": "text", "a.title": "text"}


# -- times


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "09:35 | Tuesday 13 October | 13 October 2026 | Tuesday 13 October at 09:35"),
        ("nb", "09:35 | tirsdag 13. oktober | 13. oktober 2026 | tirsdag 13. oktober kl. 09:35"),
        ("nn", "09:35 | tysdag 13. oktober | 13. oktober 2026 | tysdag 13. oktober kl. 09:35"),
        ("sv", "09:35 | tisdag 13 oktober | 13 oktober 2026 | tisdag 13 oktober kl. 09:35"),
    ],
)
def test_times_are_written_in_the_series_zone_and_the_readers_language(language: str, said: str) -> None:
    assert catalogue({"a": TIMES}, language).say("a", at=AUTUMN) == said


def test_the_zone_decides_the_day() -> None:
    late = datetime(2026, 10, 13, 22, 30, tzinfo=UTC)
    assert catalogue({"a": "{at:moment}"}).say("a", at=late) == "Wednesday 14 October at 00:30"
    assert catalogue({"a": "{at:moment}"}, zone="UTC").say("a", at=late) == "Tuesday 13 October at 22:30"


def test_summer_time_ends_for_the_reader_too() -> None:
    texts = catalogue({"a": "{at:time}"})
    hours = [datetime(2026, 10, day, 8, tzinfo=UTC) for day in (24, 26)]
    assert [texts.say("a", at=at) for at in hours] == ["10:00", "09:00"]


def test_when_leaves_out_the_day_for_a_reader_on_the_same_day() -> None:
    texts = catalogue({"a": "until {at:when}"})
    assert texts.say("a", at=AUTUMN, now=datetime(2026, 10, 12, 22, 5, tzinfo=UTC)) == "until 09:35"
    for now in (datetime(2026, 10, 12, 21, 55, tzinfo=UTC), None):
        assert texts.say("a", at=AUTUMN, now=now) == "until Tuesday 13 October at 09:35"


def test_a_point_in_time_without_a_named_format_is_the_moment() -> None:
    assert catalogue({"a": "{at}"}).say("a", at=AUTUMN) == "Tuesday 13 October at 09:35"


def test_a_date_is_a_day_or_a_date() -> None:
    texts = catalogue({"day": "{at:day}, {at:date}", "time": "{at:time}", "word": "{at:day}"})
    assert texts.say("day", at=date(2026, 5, 17)) == "Sunday 17 May, 17 May 2026"
    with pytest.raises(UnfitText, match="got a date"):
        texts.say("time", at=date(2026, 5, 17))
    with pytest.raises(UnfitText, match="point in time, and got str"):
        texts.say("word", at="yesterday")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(UnfitText, match="aware"):
        catalogue({"a": "{at:time}"}).say("a", at=AUTUMN.replace(tzinfo=None))


# -- vocabularies, and the cost of importing


def test_lists_under_words_are_the_vocabulary() -> None:
    words = {"words": {"control": {"next": ["next", "go on"]}, "verdict": {"no": ["no"]}}, "days": ["monday"]}
    assert catalogue(words).vocabulary() == {"control.next": ["next", "go on"], "verdict.no": ["no"]}


def test_importing_the_module_does_not_import_babel() -> None:
    seen = "import sys, flows.language; print('babel' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


# -- the checks of a translation

REFERENCE = {
    "a": "{x} and {when:time}",
    "n": "{n} of {m}",
    "left": {"one": "{n} minute until {x}", "other": "{n} minutes until {x}"},
    "words": {"next": ["next"]},
}


def told(other: Mapping[str, Any], language: str | None = "nb") -> list[tuple[str, str]]:
    return [(found.key, found.code) for found in compare(REFERENCE, {**REFERENCE, **other}, language)]


def test_keys_tell_what_stands_where() -> None:
    assert keys(REFERENCE) == {"a": "text", "n": "text", "left": "plural", "words.next": "words"}


def test_placeholders_are_names_without_their_formats() -> None:
    assert placeholders("{x} {when:day} {{y}}") == {"x", "when"}
    assert placeholders({"one": "{n}", "other": "{m}"}) == {"n", "m"}
    assert placeholders(["{no}"]) == set()


def test_a_faithful_translation_has_no_problems() -> None:
    good = {
        "a": "{when:moment}: {x}",
        "left": {"one": "ett minutt til {x}", "=0": "{x} nå", "other": "{n} til {x}"},
    }
    assert told(good) == []
    assert told({"left": "Minutter til {x}: {n}"}) == []


@pytest.mark.parametrize(
    ("other", "code", "key"),
    [
        ({"a": None}, "missing", "a"),
        ({"words": {"next": []}}, "missing", "words.next"),
        ({"b": "more"}, "left-over", "b"),
        ({"a": "{x}"}, "placeholders", "a"),
        ({"a": "{x} {when:time} {y}"}, "placeholders", "a"),
        ({"a": "{x} {when:time} {n}"}, "placeholders", "a"),
        ({"n": "all of {m}"}, "placeholders", "n"),
        ({"left": {"one": "{n} minutt", "other": "{n} til {x}"}}, "placeholders", "left"),
        ({"left": "til {x}"}, "placeholders", "left"),
        ({"left": {"other": "{n} til {x}"}}, "plural", "left"),
        ({"a": "{x} and {when:time"}, "unreadable", "a"),
        ({"a": ["x"]}, "kind", "a"),
        ({"words": {"next": "neste"}}, "kind", "words.next"),
    ],
)
def test_each_fault_of_a_translation_is_found(other: dict[str, Any], code: str, key: str) -> None:
    assert told(other) == [(key, code)]


def test_which_forms_a_language_has_is_asked_of_the_language() -> None:
    assert told({}, "pl") == [("left", "plural"), ("left", "plural")]
    assert told({}, None) == []


def test_a_problem_reads_as_key_and_remedy() -> None:
    (problem,) = compare({"a": "{x}"}, {"a": "{y}"})
    assert str(problem) == "a: lacks {x} and has {y}, which nobody hands in"
    (problem,) = compare({"p": {"other": "{x}"}}, {"p": {"one": "one", "other": "{x}"}}, "en")
    assert str(problem) == "p: the form 'one' lacks {x}"
