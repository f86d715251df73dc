"""The table of who sees what: what it may never say, and that sentence and page say what it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML

from flows.effects import Role
from flows.language import Catalogue
from flows.message import Line, Points, Text, line, text
from flows.sight import (
    CONDITIONS,
    DATA,
    DATUM_OF,
    SUMMED_UP,
    TABLE,
    VIEWERS,
    Condition,
    Datum,
    NotYours,
    Viewer,
    allowed,
    may_see,
    page,
    require,
    seen_by,
    sentence,
)
from tests.flows.stage import TRANSCRIPTS, play

PAGE = Path(__file__).parents[2] / "docs" / "who-sees-what.md"
ALL = tuple(CONDITIONS)

#: Where the words of a datum go on to.
GOES_INTO: dict[Datum, tuple[Datum, ...]] = {
    "reply": ("group-recap",),
    "finding": ("group-recap",),
    "action": ("group-recap",),
    "released": ("group-recap", "manager-draft", "manager-recap"),
    "chosen": ("manager-draft", "manager-recap"),
    "profile": ("manager-recap",),  # how many came from where
}


def seen(viewer: Viewer, given: tuple[Condition, ...] = ()) -> set[Datum]:
    return {datum for datum in DATA if may_see(viewer, datum, given=given)}


def test_every_datum_has_a_row_and_every_condition_a_meaning() -> None:
    assert tuple(TABLE) == DATA
    assert set(get_args(Condition)) == CONDITIONS.keys()
    used = {row.cell(viewer) for row in TABLE.values() for viewer in VIEWERS}
    assert used == {"yes", "no", *CONDITIONS}, "a condition that no cell has should go"


def test_another_organisation_sees_nothing() -> None:
    assert seen("other", ALL) == set()


def test_a_manager_sees_what_was_approved_and_levels_and_nothing_else() -> None:
    assert seen("manager") == {"manager-recap"}
    assert seen("manager", ALL) == {
        "manager-recap",
        "released",
        "levels",
        "settled",
        "chosen",
        "pairs",
        "profile",  # how many came from where
        "idea",
    }
    assert not may_see("manager", "idea", given=[one for one in ALL if one != "by-age"])


def test_a_coordinator_sees_no_raw_reply_no_score_and_no_list_of_who_answered() -> None:
    assert seen("coordinator") == {"released", "chosen", "manager-draft", "manager-recap", "audit", "profile"}
    every = seen("coordinator", ALL)
    assert every.isdisjoint({"solo", "score", "answered", "vote", "response"})
    assert not may_see("coordinator", "reply", given=[one for one in ALL if one != "quoted"])


def test_an_operator_sees_no_content_unless_the_person_asks() -> None:
    assert seen("operator") == {"audit"}
    assert seen("operator", ("on-request",)).isdisjoint({"group-recap", "manager-draft", "levels"})


def test_only_its_author_sees_what_was_written_alone_or_scored() -> None:
    for datum in ("solo", "score", "vote", "answered"):
        assert [viewer for viewer in VIEWERS if may_see(viewer, datum)] == ["author"]
        assert [viewer for viewer, _ in allowed(datum)] == ["author", "operator"]


def test_a_managers_answer_is_for_the_group_that_it_answers_without_the_name() -> None:
    assert list(allowed("response")) == [
        ("author", "yes"),
        ("circle", "nameless"),
        ("operator", "on-request"),
    ]


def test_other_groups_see_what_was_released_and_not_what_was_not() -> None:
    assert seen("series") == {"released", "manager-recap", "chosen", "pairs"}
    assert seen("series", ALL) == {"released", "manager-recap", "chosen", "pairs", "levels", "profile"}


@pytest.mark.parametrize(
    ("part", "whole"), [(part, into) for part, wholes in GOES_INTO.items() for into in wholes]
)
def test_whoever_sees_a_whole_was_told_that_they_see_its_parts(part: Datum, whole: Datum) -> None:
    """The sentence before one answers is made from the part's row, so nobody may be missing there."""
    assert {viewer for viewer, _ in allowed(whole)} <= {viewer for viewer, _ in allowed(part)}


def test_no_condition_opens_what_is_closed_and_no_other_opens_what_has_one() -> None:
    for datum, row in TABLE.items():
        for viewer in VIEWERS:
            cell = row.cell(viewer)
            opens = {one for one in ALL if may_see(viewer, datum, given=[one])}
            assert opens == (set(ALL) if cell == "yes" else {cell} - {"no"})
    assert not may_see("other", "solo", given=["no"])  # type: ignore[list-item]


def test_every_way_a_reply_counts_is_a_datum() -> None:
    assert DATUM_OF.keys() == set(get_args(Role))


# -- refusals


def test_a_refusal_says_what_it_was_and_who_may() -> None:
    with pytest.raises(NotYours) as refused:
        require("manager", "action")
    assert (refused.value.viewer, refused.value.datum) == ("manager", "action")
    assert str(refused.value) == (
        "an action: who does what by when: not for managers. Who may see it: the author; the circle; "
        "the coordinator, only what the group's recap quotes; "
        "the operator, when the person it is about asks for it or wants it erased."
    )


def test_what_is_allowed_is_not_refused() -> None:
    require("circle", "reply")
    require("coordinator", "group-recap", given=["holding"])
    with pytest.raises(NotYours, match="a group's recap: not for the coordinator"):
        require("coordinator", "group-recap")


# -- said before one answers


def test_the_sentence_before_one_answers_names_all_who_may_see_it() -> None:
    coordinator = text("sight.only", who=Text("sight.role.coordinator"), when=Text("sight.when.quoted"))
    operator = text("sight.only", who=Text("sight.role.operator"), when=Text("sight.when.on-request"))
    assert sentence("reply") == (
        line("sight.before.reply"),
        Points((Text("sight.role.author"), Text("sight.role.circle"), coordinator, operator)),
        line("sight.nobody-else"),
    )


def test_whoever_gives_a_score_is_told_of_the_spread_too() -> None:
    told = sentence("score")
    assert told[:4] == (
        line("sight.before.score"), Points(seen_by("score")),
        line("sight.before.levels"), Points(seen_by("levels")),
    )  # fmt: skip
    assert SUMMED_UP == {"score": "levels"}


@pytest.mark.parametrize("datum", DATA)
def test_no_sentence_is_shorter_than_the_table(datum: Datum) -> None:
    listed = [item for part in sentence(datum) if isinstance(part, Points) for item in part.items]
    assert len(listed) >= sum(TABLE[datum].cell(viewer) != "no" for viewer in VIEWERS)
    assert isinstance(sentence(datum)[-1], Line)


def catalogue(language: str) -> Catalogue:
    raw = (PAGE.parents[1] / "flows" / "texts" / f"{language}.yaml").read_text(encoding="utf-8")
    return Catalogue(language, YAML(typ="safe").load(raw), "Europe/Oslo")


def said(part: Line | Points, texts: Catalogue) -> list[str]:
    """A part of a sentence as it is read; every item of it is a text of texts."""
    items = part.items if isinstance(part, Points) else (part.content,)
    return [_words(item, texts) for item in items if isinstance(item, Text)]


def _words(item: Text, texts: Catalogue) -> str:
    inner: dict[str, Any] = {
        name: _words(each, texts) for name, each in item.params.items() if isinstance(each, Text)
    }
    return texts.say(item.key, **inner)


@pytest.mark.parametrize("language", ["en", "nb", "nn", "sv"])
def test_every_sentence_can_be_said_in_every_language(language: str) -> None:
    texts = catalogue(language)
    for datum in DATA:
        parts = [part for part in sentence(datum) if isinstance(part, Line | Points)]
        assert sum(len(said(part, texts)) for part in parts) == 2 + sum(1 for _ in allowed(datum)) + (
            1 + sum(1 for _ in allowed(SUMMED_UP[datum])) if datum in SUMMED_UP else 0
        )


def test_the_sentence_reads_well() -> None:
    parts = [part for part in sentence("reply") if isinstance(part, Line | Points)]
    told = [each for part in parts for each in said(part, catalogue("en"))]
    assert told == [
        "Who sees what you say in the group:",
        "you",
        "your group",
        "the coordinator: only what the group's recap quotes",
        "those who run the system: when the person it is about wants to see it or have it erased",
        "Nobody else sees it.",
    ]


def test_the_short_sentences_still_say_what_the_table_says() -> None:
    """`sight.reply` and its like in flows/texts are written by hand, one sentence each, from these cells.

    If this fails, the table was changed: write those sentences anew, in every language, and then this test.
    """
    rows: dict[Datum, str] = {
        "reply": "circle yes, series no, coordinator quoted, manager no",
        "solo": "circle no, series no, coordinator no, manager no",
        "finding": "circle yes, series no, coordinator quoted, manager no",
        "released": "circle yes, series yes, coordinator yes, manager approved",
        "action": "circle yes, series no, coordinator quoted, manager no",
        "group-recap": "circle yes, series no, coordinator holding, manager no",
        "answered": "circle no, series no, coordinator no, manager no",
    }
    seen_now = {datum: TABLE[datum] for datum in rows}
    assert rows == {
        datum: f"circle {row.circle}, series {row.series}, coordinator {row.coordinator}, manager {row.manager}"
        for datum, row in seen_now.items()
    }


#: What `meeting.privacy` says on who sees what, sentence by sentence, and the cells that each rests on.
PRIVACY: dict[str, dict[Viewer, dict[Datum, str]]] = {
    "your group sees all that is written here": {
        "circle": {"reply": "yes", "finding": "yes", "released": "yes", "action": "yes"},
    },
    # «released»: the recap that the coordinator approves for managers quotes it too.
    "The coordinator sees only what the group's recap quotes": {
        "coordinator": {"reply": "quoted", "finding": "quoted", "released": "yes", "action": "quoted"},
    },
    "Other groups and managers see a finding only if the group says yes, and without names": {
        "series": {"reply": "no", "finding": "no", "released": "yes", "action": "no"},
        "manager": {"reply": "no", "finding": "no", "released": "approved", "action": "no"},
    },
    "What you write to Runda alone is seen by you only": {
        "author": {"reply": "yes", "solo": "yes", "score": "yes", "finding": "yes", "released": "yes",
                   "action": "yes"},
        **{key: {"solo": "no", "score": "no"} for key in ("circle", "series", "coordinator", "manager")},
    },
    "Those who run the machine could open the database; Runda shows them your words only in recaps, which is logged, "
    "and when you want to see them or have them erased": {
        "operator": dict.fromkeys(("reply", "solo", "score", "finding", "released", "action"), "on-request")
        | {"group-recap": "logged"},
    },
}  # fmt: skip


def _who_sees(language: str) -> list[str]:
    """The sentences of the paragraph that tells it, without its first words."""
    paragraph = catalogue(language).say("meeting.privacy").split("\n")[2]
    return paragraph.partition(": ")[2].rstrip(".").split(". ")


def test_what_a_group_is_told_when_its_meeting_opens_is_what_the_table_says() -> None:
    """If this fails, the table was changed or the text was: make both tell the truth, in every language."""
    assert _who_sees("en") == list(PRIVACY)
    claimed = [
        (viewer, datum, cell)
        for told in PRIVACY.values()
        for viewer, row in told.items()
        for datum, cell in row.items()
    ]
    assert [one for one in claimed if TABLE[one[1]].cell(one[0]) != one[2]] == []
    given = dict.fromkeys(DATUM_OF.values()) | {"released": None}
    assert {(viewer, datum) for viewer, datum, _ in claimed} == {
        (viewer, datum) for viewer in VIEWERS if viewer != "other" for datum in given
    } | {("operator", "group-recap")}


def test_where_people_are_from_is_counted_for_managers_as_the_table_says_and_they_are_told_so() -> None:
    """`meeting.units`, in every language: managers, from five up, and no names. At a table nobody is counted."""
    row = TABLE["profile"]
    assert (row.series, row.manager) == ("from-five", "from-five")
    five = {"en": "five", "nb": "fem", "nn": "fem", "sv": "fem"}
    who = {"en": "Managers", "nb": "Ledere", "nn": "Leiarar", "sv": "Chefer"}
    for language, number in five.items():
        told = catalogue(language).say("meeting.units")
        assert number in told
        assert who[language] in told
    opened = (TRANSCRIPTS / "exchange_1_group.txt").read_text()
    assert "meeting.units" in opened
    assert "meeting.units" not in play(opened.replace("people: ", "answering: table\npeople: "))[0]


@pytest.mark.parametrize("language", ["nb", "nn", "sv"])
def test_every_language_tells_a_group_as_much(language: str) -> None:
    assert len(_who_sees(language)) == len(PRIVACY)


# -- the page


def test_the_page_has_not_fallen_behind_the_table() -> None:
    """RUNDA_UPDATE=1 writes it anew; read the difference before it is committed."""
    if os.environ.get("RUNDA_UPDATE"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_has_every_row_and_column() -> None:
    rows = [each for each in page().splitlines() if each.startswith("| ")]
    assert len(rows) == len(DATA) + 2
    assert {each.count("|") for each in rows} == {len(VIEWERS) + 2}
    assert "| one person's own score | yes | no | no | no | no | on-request | no |" in rows
