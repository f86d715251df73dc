"""Finding everything that is wrong with a programme, and saying where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flows.check import Report, check
from flows.check.rules import POINTS_TO, RULES
from flows.check.shape import WORDS
from flows.check.tree import MOST_CHARACTERS, MOST_LEVELS, read
from flows.engine import BUDGET
from flows.kinds import BY_WORD
from flows.programme import Programme
from flows.rules import MOST_MEETINGS

SELFCHECK = Path(__file__).parents[2] / "flows" / "programmes" / "selfcheck"

GOOD_THINGS = """\
programme: good-things
languages: [en]
rounds:
  - round: first
    steps:
      - ask: proud
        minutes: 5
      - finding: best
texts:
  en:
    title: Good things
    rounds: {first: {title: What works, proud: What are we proud of this week?, best: Which one \
should others hear about?}}
"""

#: A programme with something of everything, in two languages, and nothing wrong with it.
PROGRAMME = """\
programme: small
version: 2
source: {name: us}
languages: [en, nb]
group: {from: 4, to: 6}
pictures:
  map: {file: map.svg, points: 1}
forms:
  short: {minutes: 20}
  long: {minutes: 30, plenum: true, breaks: [10]}
rounds:
  - round: first
    steps:
      - picture: map
      - ask: proud
        minutes: 5
        alone: 1
      - note: proud-note
        of: proud
        minutes: 2
      - finding: best
      - release: best-release
        of: best
        minutes: 1
    plenum:
      - share: shared
        minutes: 2
  - round: second
    steps:
      - recap: since
      - follow-up: done
        minutes: 1
      - ask: better
"""
EN = """\
title: Small
rounds:
  first:
    title: First
    theme: the first
    proud: What are we proud of?
    proud-note: What do we write down?
    best: What is best?
    best-release: May it be shared?
    shared: This was shared.
  second:
    title: Second
    better: What could be better?
pictures:
  map:
    title: Map
    alt: A map
    points:
      1: {label: Here, help: We are here.}
"""
NB = EN.replace("title: Second", "title: Andre")


def small(beside: tuple[str, ...] = ("map.svg",), **changed: str) -> Report:
    """Check the small programme, with a file or more changed (`programme`, `en`, `nb`)."""
    files = {"programme": PROGRAMME, "en": EN, "nb": NB, **changed}
    return check({f"{name}.yaml": content for name, content in files.items()}, beside=beside)


def said(report: Report) -> list[str]:
    return [str(problem) for problem in report.problems]


def changed(old: str, new: str, content: str = PROGRAMME) -> str:
    assert content.count(old) == 1, f"{old!r} is to stand once"
    return content.replace(old, new)


# -- good ones


def test_the_small_programme_is_good() -> None:
    report = small()
    assert said(report) == []
    assert report.programme is not None
    assert report.programme.version == 2
    assert report.texts["nb"]["rounds"]["second"]["title"] == "Andre"
    assert list(report.texts) == ["en", "nb"]


def test_twelve_lines_are_a_programme() -> None:
    """The example in the README: no picture, no form, no theme, texts in the file itself."""
    report = check({"good-things.yaml": GOOD_THINGS}, beside=["good-things.yaml"])
    assert said(report) == []
    assert report.texts["en"]["title"] == "Good things"


def test_a_break_in_one_round_has_nothing_to_stand_between() -> None:
    """The way out was «Keep 0 or fewer»."""
    written = f"{GOOD_THINGS}forms: {{day: {{minutes: 40, breaks: [15]}}}}\n"
    (told,) = said(check({"good-things.yaml": written}))
    assert told.endswith("form `day` has 1 break between 1 round. Remove `breaks`, or add a round.")


def test_nothing_to_check_is_refused() -> None:
    with pytest.raises(ValueError, match="give the programme file first"):
        check({})


# -- each thing that can be wrong, alone: what is changed, and all that is told

STRUCTURE = {
    # names, keys, types and ranges
    ("programme: small", "programme: Small one"): "1: `Small one` cannot be a name.",
    ("version: 2", "version: 0"): "2: `version` is `0`, which is too little. Write 1 or more.",
    ("version: 2", "version: 9e25"): "2: `version` is `9e+25`, which is too much. Write a smaller number.",
    ("version: 2", "versjon: 2"): "2: unknown key `versjon`. Write `version`.",
    ("version: 2", "colour: red"): "2: unknown key `colour`. Remove it; known here are `programme`,",
    ("source: {name: us}", "source: us"): "3: `source` is `us`, and should have keys of its own.",
    ("source: {name: us}", "source: {name: 7}"): "3: `name` is `7`, not text.",
    ("source: {name: us}", "source: {nam: us, name: us}"): "3: unknown key `nam`. Write `name`.",
    ("{from: 4, to: 6}", "{from: 4, too: 6}"): "5: unknown key `too`. Write `to`.",
    ("{from: 4, to: 6}", "{from: few, to: 6}"): "5: `from` is `few`, not a number. Write a whole number, for",
    ("points: 1}", "points: 1, size: 3}"): "7: unknown key `size`. Remove it; known here are `file`, `points`.",
    ("  map: {file: map.svg, points: 1}", "  map: {file: map.svg, points: 1}\n  MAP: {file: map.svg}"):
        "8: `MAP` cannot be a name.",
    ("short: {minutes: 20}", "short: {}"): "9: `minutes` is missing. Add `minutes: 25`.",
    ("short: {minutes: 20}", "short: {minutes: 500}"): "9: `minutes` is `500`, which is too much. Write 480 or",
    ("short: {minutes: 20}", "short: {minutes: 20.5}"): "9: `minutes` is `20.5`, not a whole number.",
    ("plenum: true, ", "plenum: maybe, "): "10: `plenum` is `maybe`, neither true nor false.",
    ("breaks: [10]", "breaks: 10"): "10: `breaks` is `10`, and should be a list.",
    ("breaks: [10]", "breaks: [x]"): "10: item 1 of `breaks` is `x`, not a number.",
    ("  - round: second\n    steps:", "  - steps:"): "28: `round` is missing. Add `round: first`.",
    ("  - round: second", "  - rund: second"): "28: unknown key `rund`. Write `round`.",
    ("        alone: 1", "        note: x"): "17: first/proud: unknown key `note`. A step does one thing: begin",
    ("      - ask: better", "      - ask: 7"): "33: second/step 3: `ask` is `7`, not text.",
    ("      - recap: since", "      - recap: " + "a" * 61): "30: second/" + "a" * 61 + ": `aaaaaaaaaa",
    # kinds of step
    ("      - recap: since", "      - recup: since"): "30: second/since: unknown kind of step `recup`. Write `rec",
    ("      - recap: since", "      - juggle: since"): "30: second/since: unknown kind of step `juggle`. The ki",
    ("      - recap: since", "      - since"): "30: second/step 1: a step is `since`, not keys and values.",
    ("      - recap: since", "      - {}"): "30: second/step 1: a step is empty, not keys and values.",
    ("      - recap: since", "      - minutes: 3\n        recap: since"):
        "30: second/step 1: a step begins with `minutes`, not with its kind. Put `recap:` first.",
    # how the parts fit together
    ("languages: [en, nb]", "languages: [en, nb, en]"): "4: the language `en` is listed twice.",
    ("languages: [en, nb]", "languages: [en, nb, sv]"): "4: there are no texts in `sv`. Add `sv.yaml` beside",
    ("languages: [en, nb]", "languages: [en, nb, de]"): "4: `de` is no language that Runda speaks. Choose amo",
    ("{from: 4, to: 6}", "{from: 6, to: 4}"): "5: no group has at least 6 and at most 4 people.",
    ("{from: 4, to: 6}", "{from: 7}"): "5: no group has at least 7 and at most 6 people.",
    ("file: map.svg", "file: mapp.svg"): "7: there is no file `mapp.svg` beside the programme file. Write `fi",
    ("file: map.svg", "file: ../map.svg"): "7: there is no file `../map.svg` beside the programme file.",
    ("short: {minutes: 20}", "short: {minutes: 12}"): "9: form `short` has 12 minutes, and round `first` takes",
    ("long: {minutes: 30,", "long: {minutes: 14,"): "10: form `long` has 14 minutes, and round `first` takes 15",
    ("breaks: [10]", "breaks: [10, 10]"): "10: form `long` has 2 breaks between 2 rounds. Keep 1 or fewer.",
    ("plenum: true, ", ""): "25: no form holds this plenum.",
    ("      - picture: map", "      - picture: mop"): "14: first/mop: the picture `mop` is not declared. Write `p",
    ("      - picture: map", "      - picture: town"): "14: first/town: the picture `town` is not declared. Add `to",
    ("        alone: 1", "        alone: 5"): "17: first/proud: of 5 minutes, 5 alone leave nothing to share in.",
    ("        of: proud", "        of: pruod"): "19: first/proud-note: `of: pruod` points to no `ask` or",
    ("        of: proud", "        of: best"): "19: first/proud-note: `of: best` points to no `ask` or `wait`",
    ("        of: best", "        of: proud"): "23: first/best-release: `of: proud` points to no `finding` step",
    ("        of: best", "        of: best\n        also: [proud]"): "24: first/best-release: `proud` is no note",
}  # fmt: skip


@pytest.mark.parametrize(("change", "told"), STRUCTURE.items())
def test_a_fault_of_the_structure_is_told_once_in_its_line(change: tuple[str, str], told: str) -> None:
    from_here = [
        line for line in said(small(programme=changed(*change))) if line.startswith("programme.yaml:")
    ]
    assert len(from_here) == 1, from_here
    assert from_here[0].startswith(f"programme.yaml:{told}")


TEXTS = {
    ("title: Small\n", ""): "1: the text `title` is missing. Add `title: ` and the text.",
    ("title: Small", "title:"): "1: the text `title` is empty.",
    ("title: Small", "title: '  '"): "1: the text `title` is empty.",
    ("title: Small", "title: 7"): "1: the text `title` is `7`. Put it in quotes.",
    ("title: Small", "title: true"): "1: the text `title` is true. Put it in quotes.",
    ("title: Small", "title: [a]"): "1: the text `title` is a list. Put it in quotes.",
    ("title: Small", "title: {a: b}"): "1: `title` is a group of keys, and should be one text.",
    ("title: Small", "title: Small {n}"): "1: the text `title` has a place for `{n}`, which nothing fills.",
    ("title: Small", "title: Small {"): "1: the text `title` has a brace without its other half",
    ("title: Small", "title: Small {a.b}"): "1: the text `title` has a brace without its other half",
    ("title: Small", "titel: Small"): "1: nothing in the programme has use for `titel`. Rename it `title`,",
    ("title: Small", "title: Small\nforms: {shrt: Short}"): "2: nothing in the programme has use for `forms.shrt`",
    ("title: Small", "title: Small\nforms: {short: }"): "2: the text `forms.short` is empty.",
    ("title: Small", "title: Small\nforms: {short: So, and so}"): "2: a comma within braces ends a text",
    ("title: Small", "title: Small\nabut: x"): "2: nothing in the programme has use for `abut`. Remove it.",
    ("    theme: the first\n", ""): "3: the text `rounds.first.theme` is missing.",
    ("    proud: What are we proud of?\n", ""): "3: first/proud: the text `rounds.first.proud` is missing.",
    ("    shared: This was shared.\n", ""): "3: first/shared: the text `rounds.first.shared` is missing.",
    ("    better: What could be better?", "    beter: What?"):
        "13: second/beter: nothing in the programme has use for `rounds.second.beter`. Rename it `better`",
    ("    better: What could be better?", "    better: What?\n    since: x"):
        "14: second/since: nothing in the programme has use for `rounds.second.since`. Remove it.",
    ("  second:\n    title: Second\n    better: What could be better?\n", ""):
        "2: the texts of `rounds.second` are missing. Add `second:` with `better`, `title` below it.",
    ("  second:\n    title: Second\n    better: What could be better?\n", "  second: later\n"):
        "11: `second` is `later`, and should have texts below it. Write `better`, `title`, `theme` below it",
    ("    alt: A map\n", ""): "15: the text `pictures.map.alt` is missing.",
    ("{label: Here, help: We are here.}", "{label: Here}"): "19: the text `pictures.map.points.1.help` is miss",
}  # fmt: skip


@pytest.mark.parametrize(("change", "told"), TEXTS.items())
def test_a_fault_of_a_text_is_told_once_in_its_line(change: tuple[str, str], told: str) -> None:
    found = said(small(en=changed(*change, EN)))
    assert len(found) == 1, found
    assert found[0].startswith(f"en.yaml:{told}")


def test_a_braced_text_that_is_meant_is_good() -> None:
    assert said(small(en=changed("title: Small", "title: 'Small {{really}}'", EN))) == []


def test_a_step_may_be_renamed_and_every_language_is_told() -> None:
    found = said(small(programme=changed("ask: better", "ask: bettering")))
    assert [line.split(":")[:2] for line in found] == [["en.yaml", "13"], ["nb.yaml", "13"]]
    assert all("Rename it `bettering`" in line for line in found)


def test_points_are_told_one_by_one() -> None:
    found = said(small(en=changed("      1: {label", "      2: {label", EN)))
    assert [line.split(". ")[0] for line in found] == [
        "en.yaml:18: the texts of `pictures.map.points.1` are missing",
        "en.yaml:19: nothing in the programme has use for `pictures.map.points.2`",
    ]


def test_a_second_round_of_the_same_name_is_told() -> None:
    found = said(small(programme=changed("- round: second", "- round: first")))
    assert found[-1].startswith("programme.yaml:28: another round is called `first` already.")


def test_steps_of_a_round_share_no_name_and_those_of_two_rounds_may() -> None:
    renamed = changed("share: shared", "share: proud")
    found = said(small(programme=renamed))
    assert found[-1].startswith(
        "programme.yaml:26: first/proud: another step of round `first` is called `proud`"
    )
    files = {"programme": PROGRAMME, "en": EN, "nb": NB}
    again = {name: re.sub(r"better\b(?=:|$)", "proud", each, flags=re.M) for name, each in files.items()}
    assert said(check({f"{name}.yaml": each for name, each in again.items()})) == []


def test_an_of_that_is_missing_is_told_at_its_step() -> None:
    report = small(programme=changed("        of: proud\n", ""))
    assert said(report) == [
        "programme.yaml:18: first/proud-note: `of` is missing. Add `of: the-step-it-builds-on`."
    ]
    assert report.problems[0].column == 9


def test_kinds_stand_where_they_can() -> None:
    swapped = PROGRAMME.replace("share: shared", "finding: shared").replace(
        "finding: best\n", "share: best\n"
    )
    allowed = (
        "in a plenum there may be `say`, `picture`, `share`, `ask`, `spread`, `choose`, `form`, `sentence`, `gross`, "
        "`respond`, `pairs`, `decide`, `note`, `break`."
    )
    assert [line for line in said(small(programme=swapped)) if "plenum" in line] == [
        "programme.yaml:21: first/best: `share` is only for a plenum. Move it to `plenum` of the same round.",
        "programme.yaml:26: first/shared: `finding` is not for a plenum. Move it to `steps`; " + allowed,
    ]


def test_a_plenum_that_no_round_has_cannot_be_held() -> None:
    without = changed("    plenum:\n      - share: shared\n        minutes: 2\n", "")
    found = said(small(programme=without))
    assert found[-1].startswith("programme.yaml:10: no round has a plenum to hold.")


@pytest.mark.parametrize("name", ["title", "theme"])
def test_a_step_cannot_take_the_name_of_a_rounds_own_text(name: str) -> None:
    found = said(small(programme=changed("ask: better", f"ask: {name}")))
    assert any(
        line.startswith(f"programme.yaml:33: second/{name}: a step cannot be called") for line in found
    )


TOGETHER = """\
programme: together
languages: [en]
forms: {long: {minutes: 60, plenum: true}}
rounds:
  - round: first
    steps:
      - form: map
        fields: [who, role]
        rows: true
      - pitch: plan
        fields: [what, others]
    plenum:
      - respond: said
        of: plan
        judge: true
        extra: plan.others
      - pairs: two
        turns: 2
        minutes: 9
texts:
  en:
    title: Together
    rounds: {first: {title: First, theme: first, map: {ask: Who?, who: Who, role: Role}, two: Whom?, said: What now?, \
plan: {ask: What?, what: What, others: Others}}}
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("rows: true", "rows: true"), None),
        (
            ("rows: true", "rows: true\n        alone: true"),
            "10: first/map: rows are written where the circle",
        ),
        (
            ("[who, role]", "[who, {field: role, of: who}]"),
            "8: first/map: a column of a table is written with",
        ),
        (
            ("extra: plan.others", "extra: plan.other"),
            "16: first/said: `extra: plan.other` is no field that groups",
        ),
        (
            ("extra: plan.others", "extra: map.who"),
            "16: first/said: `extra: map.who` is no field that groups of",
        ),
        (
            ("        judge: true\n", ""),
            "15: first/said: an extra point is given by those who judge, and nobody",
        ),
        (
            ("minutes: 9", "minutes: 6"),
            "18: first/two: of 6 minutes, three turns of 2 leave nothing to draw in.",
        ),
    ],
)
def test_what_is_written_and_said_together_fits(change: tuple[str, str], told: str | None) -> None:
    found = said(check({"p.yaml": TOGETHER.replace(*change)}))
    assert len(found) == (1 if told else 0)
    assert told is None or found[0].startswith(f"p.yaml:{told}")


APART = """\
programme: apart
languages: [en]
forms: {long: {minutes: 60, plenum: true}}
rounds:
  - round: first
    steps: [{scale: s, items: [a], gap: true}, {spread: own, of: s}]
    plenum: [{ask: on}, {spread: seen, of: s, since: true}]
  - round: second
    steps: [{scale: s, items: [a]}]
texts:
  en:
    title: Apart
    rounds:
      first:
        {title: First, theme: first, s: {ask: How?, low: no, high: yes, items: {a: A}}, own: "?", seen: "?", on: "?"}
      second: {title: Second, theme: second, s: {ask: How?, low: no, high: yes, items: {a: A}}}
"""


def test_leaders_and_others_are_side_by_side_in_the_plenum_or_not_at_all() -> None:
    assert [line.split(". ")[0] for line in said(check({"p.yaml": APART})) if "gap" in line] == [
        "p.yaml:6: first/own: `s` has `gap`, and the leaders and the others are side by side where everyone meets",
        "p.yaml:7: first/seen: `s` has `gap`, and no change is shown of leaders and others",
        "p.yaml:9: second/s: `s` has `gap` in another round, where the leaders and the others are shown apart",
    ]


def test_a_round_asks_somebody_something() -> None:
    silent = GOOD_THINGS.replace("ask: proud\n        minutes: 5", "say: proud").replace("finding", "say")
    assert said(check({"p.yaml": silent})) == [
        "p.yaml:5: nobody is asked anything in this round. Add a step that waits for people, such as `ask`."
    ]


def test_a_picture_may_be_shown_twice_and_has_a_format_that_can_be_shown() -> None:
    assert said(small(programme=changed("- picture: map", "- picture: map\n      - picture: map"))) == []
    found = small(programme=changed("map.svg", "map.tiff"), beside=("map.tiff",))
    assert said(found)[0].startswith("programme.yaml:7: `map.tiff` is not a picture that can be shown.")


def test_without_a_list_of_files_no_picture_is_missed() -> None:
    assert said(check({"programme.yaml": PROGRAMME, "en.yaml": EN, "nb.yaml": NB})) == []


def test_a_round_has_so_many_steps_and_a_programme_so_many_rounds() -> None:
    steps = "".join(f"      - break: b{n}\n" for n in range(BUDGET - 1))
    assert said(check({"p.yaml": GOOD_THINGS.replace("texts:", f"{steps}texts:")}))[0].startswith(
        f"p.yaml:{BUDGET + 7}: first/b{BUDGET - 2}: {BUDGET + 1} steps follow each other"
    )
    rounds = "".join(f"  - {{round: r{n}, steps: [{{break: b}}]}}\n" for n in range(MOST_MEETINGS))
    found = said(check({"p.yaml": GOOD_THINGS.replace("texts:", f"{rounds}texts:")}))
    assert any(
        line.startswith(f"p.yaml:{MOST_MEETINGS + 8}: {MOST_MEETINGS + 1} rounds are") for line in found
    )


def test_looking_back_in_the_first_round_does_no_harm() -> None:
    back = "- picture: map\n      - recap: before\n      - follow-up: since"
    roomy = changed("minutes: 20", "minutes: 25")
    assert said(small(programme=changed("- picture: map", back, roomy))) == []


# -- languages and their catalogues


def test_a_catalogue_that_nobody_reads_is_told() -> None:
    files = {"programme.yaml": changed("[en, nb]", "[en]"), "en.yaml": EN, "nb.yaml": NB, "de.yaml": EN}
    assert said(check(files)) == [
        "de.yaml:1: `de` is no language that Runda speaks. Choose among `nb`, `nn`, `sv`, `en`.",
        "nb.yaml:1: `nb` is not among the programme's languages. Add `nb` to `languages`, or remove these texts.",
    ]


def test_texts_stand_in_one_place() -> None:
    found = said(check({"programme.yaml": GOOD_THINGS, "en.yaml": EN}))
    assert found == ["en.yaml:1: the texts in `en` stand in the programme file too. Keep one of them."]


def test_inline_texts_are_checked_where_they_stand() -> None:
    wrong = GOOD_THINGS.replace("    title: Good things\n", "").replace("proud: What", "prod: What")
    assert [line.split(". ")[0] for line in said(check({"p.yaml": wrong}))] == [
        "p.yaml:10: the text `title` is missing",
        "p.yaml:11: first/prod: nothing in the programme has use for `rounds.first.prod`",
    ]
    assert said(check({"p.yaml": GOOD_THINGS + "  de: {title: Gut}\n"})) == [
        "p.yaml:13: `de` is no language that Runda speaks. Choose among `nb`, `nn`, `sv`, `en`."
    ]


@pytest.mark.parametrize(
    ("content", "what"), [("", "there are no texts here"), ("hello", "here is `hello` instead")]
)
def test_an_empty_catalogue_is_told(content: str, what: str) -> None:
    found = said(small(nb=content))
    assert len(found) == 1
    assert found[0].startswith(f"nb.yaml:1: {what}")


# -- what is no programme at all, and what is no YAML


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "the file is empty"),
        ("- a", "the file is a list, not keys"),
        ("hello", "the file is `hello`, not keys"),
    ],
)
def test_a_file_that_is_no_programme_is_told(content: str, what: str) -> None:
    found = said(check({"p.yaml": content}))
    assert len(found) == 1
    assert found[0].startswith(f"p.yaml:1: {what}")


BROKEN = {
    'a: "b\nc: d\n': (1, 4, "a quotation mark is opened here"),
    "a: 'it's'": (1, 8, "the line goes on after its value"),
    'a: "\\q"': (1, 6, "a backslash stands before"),
    "a: b: c": (1, 5, "a colon stands where no key can be"),
    "a\nb: c": (2, 2, "a colon stands where no key can be"),
    "a: - b": (1, 4, "a list cannot begin in the line of its key"),
    "a:\n\t- b": (2, 1, "a tab stands"),
    "a: @b": (1, 4, "a value cannot begin with"),
    "a: >b": (1, 5, "nothing may follow"),
    "a: {b: c\nd: e": (1, 4, "a brace is opened here"),
    "a: [b\nd: e": (1, 4, "a bracket is opened here"),
    "a:\n    b: c\n  d: e": (3, 3, "the line does not fit the indentation"),
    "a: b\n- c": (2, 1, "the line does not fit the indentation"),
    "a: &x b\nc: *x": (2, 4, "`*` begins an alias"),
    "a: !x b": (1, 4, "`!` begins a tag"),
    "[a]: b": (1, 1, "a key must be a word"),
    "a: b\x01": (1, 5, "here stands a character that cannot be seen"),
    "a: b\n---\nc: d": (2, 1, "a second document begins"),
    "%TAG ! x\n": (2, 1, "this is not YAML"),
    "[" * (MOST_LEVELS + 2): (1, MOST_LEVELS + 2, "values are nested more than"),
    "#" * (MOST_CHARACTERS + 1): (1, 1, "the file has 200001 characters"),
}


@pytest.mark.parametrize(("content", "told"), BROKEN.items(), ids=[what for *_, what in BROKEN.values()])
def test_a_file_that_cannot_be_read_says_where_and_why(content: str, told: tuple[int, int, str]) -> None:
    tree = read("x.yaml", content)
    (problem,) = tree.problems
    assert (problem.line, problem.column) == told[:2]
    assert problem.what.startswith(told[2])
    assert tree.broken
    assert tree.data is None


def test_bytes_are_utf8() -> None:
    assert read("x.yaml", "\ufefftitle: Økt".encode()).data == {"title": "Økt"}
    (problem,) = read("x.yaml", "a: b\ntitle: Økt".encode("latin-1")).problems
    assert (problem.line, problem.column, problem.what) == (2, 8, "the file is not UTF-8 from here on")


def test_one_broken_file_hides_nothing_in_the_others() -> None:
    found = said(
        small(programme=changed("      - recap: since", "      - recap: @"), en=changed("Small", "", EN))
    )
    assert [line.split(":")[:2] for line in found] == [["en.yaml", "1"], ["programme.yaml", "30"]]
    found = said(small(programme=changed("version: 2", "versjon: 2"), en="title: @"))
    assert [line.split(":")[:2] for line in found] == [["en.yaml", "1"], ["programme.yaml", "2"]]


def test_a_key_that_stands_twice_is_told_and_reading_goes_on() -> None:
    assert said(small(programme=changed("version: 2", "version: 2\nversion: x"))) == [
        "programme.yaml:3: `version` is `x`, not a number. Write a whole number, for example `version: 5`.",
        "programme.yaml:3: the key `version` stands twice, first in line 2. Keep one of them.",
    ]


def test_values_are_those_of_yaml_1_2_and_dates_are_text() -> None:
    written = (
        "{a: no, b: yes, c: 2024-01-01, d: 0x1f, e: 1_000, f: 5, g: 5.5, h: null, i: true, j: '5', 1: on}"
    )
    assert read("x.yaml", written).data == {
        "a": "no", "b": "yes", "c": "2024-01-01", "d": "0x1f", "e": "1_000", "f": 5, "g": 5.5, "h": None,
        "i": True, "j": "5", "1": "on",
    }  # fmt: skip


def test_problems_are_sorted_by_file_and_line() -> None:
    report = small(programme=PROGRAMME.replace("minutes", "minuts"), en=EN.replace("title", "titel"))
    places = [(problem.file, problem.line, problem.column) for problem in report.problems]
    assert len(places) > 5
    assert places == sorted(places)
    assert report.programme is None


# -- the lists that the checker reads


def test_every_kind_that_builds_on_another_is_checked() -> None:
    assert {word for word, kind in BY_WORD.items() if "of" in kind.model_fields} == set(POINTS_TO)
    assert {word for words in POINTS_TO.values() for word in words} <= set(BY_WORD)


def test_every_rule_is_listed_once() -> None:
    assert len(set(RULES)) == len(RULES)


# -- whatever is handed in, there is an answer

PIECES = st.sampled_from(["\n", "  ", "- ", ":", "#", '"', "'", "{", "}", "[", "]", "*a", "&a ", "!t ", "\t", "\x00",
                          "|\n", ">", "title", "of: x", "5", "ø", "---\n", "? ", "%", "@"])  # fmt: skip


def files_of_selfcheck() -> dict[str, str]:
    return {name: (SELFCHECK / name).read_text("utf-8") for name in ("programme.yaml", "en.yaml")}


def answered(report: Report, contents: dict[str, str]) -> None:
    """What holds of every answer."""
    assert (report.programme is None) is bool(report.problems)
    for problem in report.problems:
        assert 1 <= problem.line <= contents[problem.file].count("\n") + 1
        assert problem.column >= 1
        assert problem.what
        assert problem.remedy
        assert not re.search(r"validat|pydantic|Input should|str type|None\b", str(problem)), str(problem)


@st.composite
def scribbled(draw: st.DrawFn) -> dict[str, str]:
    """The self-check after somebody's cat has walked over the keyboard."""
    contents = files_of_selfcheck()
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(contents)))
        text = contents[name]
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 5, 40, 400])))
        contents[name] = text[:start] + draw(PIECES) + text[end:]
    return contents


@given(contents=scribbled())
def test_no_scribble_is_left_without_an_answer(contents: dict[str, str]) -> None:
    answered(check(contents, beside=["map.svg"]), contents)


KEYS = st.sampled_from(["ask", "of", "file", "minutes", "en", "status", "title", "field", "zz"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "x", "Ø", "en", "map", "map-fits", "{n}", "aha", "a" * 70]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def ways(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to everything in a structure."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from ways(each, (*path, key))


AS_DATA = json.dumps({name: read(name, text).data for name, text in files_of_selfcheck().items()})


@st.composite
def rebuilt(draw: st.DrawFn) -> dict[str, str]:
    """The self-check with parts of its structure exchanged for anything at all."""
    data = json.loads(AS_DATA)
    for _ in range(draw(st.integers(1, 5))):
        *around, last = draw(st.sampled_from([way for way in ways(data) if len(way) > 1]))
        inner: Any = data
        for key in around:
            inner = inner[key]
        if draw(st.booleans()):
            inner[last] = draw(ANYTHING)
        else:
            del inner[last]
    # JSON is YAML; a line for each value, so that places can be wrong.
    return {name: json.dumps(each, ensure_ascii=False, indent=1) for name, each in data.items()}


@given(contents=rebuilt())
def test_no_structure_is_left_without_an_answer_in_our_own_words(contents: dict[str, str]) -> None:
    answered(check(contents, beside=["map.svg"]), contents)
    known = WORDS.keys() | {"extra_forbidden", "value_error"}
    assert complaints(json.loads(contents["programme.yaml"])) <= known


def complaints(data: Any) -> set[str]:
    """What pydantic calls that which is wrong."""
    try:
        Programme.model_validate(data)
    except ValidationError as error:
        return set(types(error))
    return set()


def types(error: ValidationError) -> Iterator[str]:
    for detail in error.errors():
        inner = detail.get("ctx", {}).get("error")
        yield from types(inner) if isinstance(inner, ValidationError) else [detail["type"]]
