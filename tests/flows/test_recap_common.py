"""What findings of several groups have in common: by rule, the same on every machine, and nothing that nobody said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import message as m
from flows.programme import Route
from flows.recap import FindingRow, ManagerRecap, Turnout, arranged, compile_manager, parts, without
from flows.recap.common import Told, recurring, stems, together
from flows.recap.showing import SCREEN

ROUTE = Route("status", ())


def told(*said: tuple[int, str]) -> list[Told]:
    """Findings, numbered from 1, each with its group."""
    return [Told(reply, side, words) for reply, (side, words) in enumerate(said, 1)]


@pytest.mark.parametrize(
    ("language", "first", "second", "word"),
    [
        ("nb", "Vi har ikke tid til å tenke nytt.", "Tiden strekker ikke til.", "tid"),
        ("nn", "Reglane er strengare enn lova.", "Vi gøymer oss bak ein regel, og fleire reglar.", "reglar"),
        ("sv", "Besluten tar för lång tid.", "Ingen vet vem som tar ett beslut.", "beslut"),
        ("en", "The rules are tighter than the law.", "We hide behind a rule.", "rule"),
    ],
)
def test_words_are_compared_by_their_stems(language: str, first: str, second: str, word: str) -> None:
    said = told((1, first), (2, second))
    assert together(said, language) == ((1, 2),)
    assert word in recurring(said, language)


def test_a_word_that_only_one_group_has_is_not_common() -> None:
    assert (
        together(told((1, "The ferry is late."), (1, "Nobody waits for the ferry."), (2, "Money.")), "en")
        == ()
    )


def test_small_words_and_numbers_are_not_common() -> None:
    said = told((1, "We have never had 14 of them, and it is so."), (2, "It is what we never have: 14."))
    assert together(said, "en") == ()
    assert recurring(said, "en") == ()


def test_what_more_groups_say_comes_first_and_a_finding_stands_in_one_place() -> None:
    said = told(
        (1, "No time for ideas."), (2, "Time is short."), (3, "The time goes to reports."),
        (2, "Ideas die here."), (1, "Ideas never live."),
    )  # fmt: skip
    assert together(said, "en") == ((1, 2, 3), (4, 5))


WORDS = st.lists(st.sampled_from("time money rules ideas people ferry school we the of".split()), max_size=6)  # noqa: SIM905
SAID = st.lists(st.tuples(st.integers(1, 4), WORDS.map(" ".join)), max_size=12)


@given(SAID, st.randoms(use_true_random=False))
def test_the_proposal_is_the_same_in_any_order_and_rests_on_what_was_said(
    said: list[tuple[int, str]], random: Any
) -> None:
    findings = told(*said)
    proposed = together(findings, "en")
    random.shuffle(findings)
    assert together(findings, "en") == proposed
    of = {one.reply: one for one in findings}
    placed = [reply for theme in proposed for reply in theme]
    assert len(placed) == len(set(placed))
    for theme in proposed:
        assert len({of[reply].side for reply in theme}) > 1
        assert frozenset.intersection(*(frozenset(stems(of[reply].words, "en")) for reply in theme))
        words = recurring([of[reply] for reply in theme], "en")
        assert words
        assert all(any(word in of[reply].words.split() for reply in theme) for word in words)
    left = [one for one in findings if one.reply not in placed]
    assert together(left, "en") == (), "what is left has nothing in common"


# -- in the recap


SAID_THREE = {1: "No time.", 2: "Time is short.", 3: "The ferry.", 4: "Little time."}
THREE = [FindingRow(reply, "yes", circle=circle) for reply, circle in ((1, 11), (2, 12), (3, 12), (4, 13))]


def compiled(said: dict[int, str] = SAID_THREE) -> ManagerRecap:
    return compile_manager(ROUTE, Turnout(3, 3, 12), THREE, said=said, language="en")


def themes(recap: ManagerRecap) -> list[m.Theme]:
    items = (item for part in parts(recap) if isinstance(part, m.Points) for item in part.items)
    return [item for item in items if isinstance(item, m.Theme)]


def texts(recap: ManagerRecap) -> list[str]:
    found = (part.content for part in parts(recap) if isinstance(part, m.Line))
    return [one.key for one in found if isinstance(one, m.Text)]


def test_a_line_of_what_is_common_leads_to_the_numbers_of_its_findings() -> None:
    recap = compiled()
    number = {one.reply: one.number for one in recap.findings or ()}
    (theme,) = themes(recap)
    assert theme.replies == (1, 2, 4)
    assert theme.numbers == (number[1], number[2], number[4])
    assert (len(set(theme.sides)), theme.of) == (3, 3)
    alone = m.line("manager.differs", numbers=m.Numbers((number[3],)))
    assert alone in parts(recap)


def test_where_nothing_is_common_it_says_so_and_where_there_is_nothing_to_compare_it_does_not() -> None:
    assert "manager.nothing-common" in texts(compiled({1: "a", 2: "b", 3: "c", 4: "d"}))
    one_group = compile_manager(ROUTE, Turnout(1, 1, 5), THREE[1:3], said=SAID_THREE, language="en")
    assert one_group.common is None
    assert not [key for key in texts(one_group) if "common" in key]


def test_what_is_left_of_it_when_a_group_takes_its_part_back_is_neither_common_nor_different() -> None:
    recap = without(compiled(), {1, 4})
    assert themes(recap) == []
    assert "manager.nothing-common" not in texts(recap)
    (three,) = (one.number for one in recap.findings or () if one.reply == 3)
    assert m.line("manager.differs", numbers=m.Numbers((three,))) in parts(recap)


def test_a_coordinator_arranges_it_anew() -> None:
    recap = arranged(compiled(), ((2, 4), (1, 3)), (3,))
    assert [theme.replies for theme in themes(recap)] == [(2, 4), (1, 3)]
    assert all(theme.placed for theme in themes(recap))
    assert recap.asks == (3,)
    assert "manager.asks" in texts(recap)


def test_one_screen_holds_the_counts_what_is_common_and_twelve_findings() -> None:
    rows = [FindingRow(reply, "yes", circle=1 + reply % 7) for reply in range(1, 61)]
    said = {reply: f"word{'abcdefghij'[reply % 10]} stays" for reply in range(1, 61)}
    recap = compile_manager(ROUTE, Turnout(7, 7, 30), rows, said=said, language="en")
    whole, screen = parts(recap), parts(recap, short=True)

    def listed(shown: tuple[m.Part, ...]) -> list[int]:
        points = (part for part in shown if isinstance(part, m.Points) and part.numbers)
        return [number for part in points for number in part.numbers]

    assert listed(whole) == list(range(1, 61))
    assert len(listed(screen)) == SCREEN
    assert m.line("manager.more-findings", n=60 - SCREEN) in screen
