"""What belongs together, as a coordinator puts it; and what managers answer the groups."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from adapters.port import Faults
from bot.cli import Caller
from bot.cli import runda as command
from bot.recaps import answers, approval, desk, responding
from bot.recaps.editing import Edit
from bot.series.problems import SeriesProblem
from storage import tables as t
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_series import rows
from tests.bot.a_story import NAMES, Story


@pytest.fixture
def runda(story: Story) -> Callable[..., Result]:
    """The command, as the coordinator at the command line gives it."""
    file = story.database.path
    assert file is not None

    def run(*words: str) -> Result:
        house = Caller(story.played.clock)
        return CliRunner().invoke(command, ["--data", str(file.parent), "recap", *words], obj=house)

    return run


@pytest.fixture
def counter(story: Story) -> Iterator[Desk]:
    desk = Desk(story.database, story.played.clock.at, name="terminal", workspace="local")
    desk.who = "berit"
    yield desk
    desk.close()


def numbered(said: str) -> dict[str, int]:
    """The findings of a managers' recap, each with its number."""
    return {words: int(number) for number, words in re.findall(r"- \*\*(\d)\.\*\* (.*)", said)}


def common(said: str) -> list[str]:
    return [line[2:] for line in said.splitlines() if "groups" in line and line.startswith("- ")]


# -- what is common


def test_it_is_proposed_under_the_words_that_recur(story: Story) -> None:
    story.approve()
    (said,) = story.played.posts("@per")
    assert "What is common" in said
    asked, rules = sorted(common(said))
    assert re.fullmatch(
        r"Words that recur: law, north, rules\. Findings \d and \d, from 2 of 2 groups\.", rules
    )
    assert re.fullmatch(r"Words that recur: asked, north\. Findings \d and \d, from 2 of 2 groups\.", asked)


def test_a_coordinator_merges_parts_and_heads(story: Story) -> None:
    listed = numbered(_shown(story))
    first, second = listed["Nobody in north-1 asked."], listed["Nobody in north-2 asked."]
    rule = listed["Rules are tighter than the law in north-2."]
    story.managers(
        approval.edit, Edit(together=((first, rule),), heading=((rule, "Rules we think we have"),))
    )
    shown = _shown(story)
    assert common(shown) == ["Rules we think we have – findings 1, 2, 3 and 4, from 2 of 2 groups"]
    story.managers(approval.edit, Edit(apart=(first,), heading=((rule, "Three of them"),)))
    assert common(_shown(story))[0].startswith("Three of them – findings ")
    assert f"with no other saying the same: {first}." in _shown(story)
    story.managers(approval.edit, Edit(apart=(second,)))
    assert "Three of them" not in _shown(story), "a heading is given to exactly these findings"
    assert "Words that recur: law" in _shown(story)


def _shown(story: Story) -> str:
    def look(one: approval.ManagersDesk) -> str:
        from bot.markdown import markdown
        from bot.recaps import reading
        from bot.shelf import Shelf
        from bot.words import Speaker

        return markdown(reading.say(Speaker(Shelf()), one.unit, one.draft(), one.session, one.office.now))

    return str(story.managers(look))


def test_what_one_group_said_twice_is_not_common(story: Story) -> None:
    listed = numbered(_shown(story))
    mine = [number for words, number in listed.items() if "north-1" in words]
    story.managers(approval.edit, Edit(apart=tuple(listed.values())))
    assert "Nothing is common" in _shown(story)
    with pytest.raises(SeriesProblem, match="are of one group"):
        story.managers(approval.edit, Edit(together=(tuple(mine),)))
    with pytest.raises(SeriesProblem, match="no finding 9"):
        story.managers(approval.edit, Edit(apart=(9,)))
    with pytest.raises(SeriesProblem, match="belongs with no other"):
        story.managers(approval.edit, Edit(heading=((1, "Alone"),)))


def test_a_heading_goes_from_the_database_when_what_it_rests_on_is_taken_back(story: Story) -> None:
    listed = numbered(_shown(story))
    named = tuple(listed.values())
    story.managers(approval.edit, Edit(together=(named,), heading=((1, "Kari's ferry"),)))
    story.approve()
    assert "Kari's ferry – findings" in story.played.posts("@per")[0]
    story.played.take_back("north-1", "kari", story.said["kari-finding"])
    assert "Kari's ferry" not in story.played.posts("@per")[0]
    assert not [row for row in rows(story.database, t.recaps) if "Kari's ferry" in (row.words or "")]


def test_what_asks_something_of_managers_is_told_by_its_number(story: Story) -> None:
    story.managers(approval.edit, Edit(asks=(2,)))
    story.approve()
    assert "These ask something of you as a manager: 2." in story.played.posts("@per")[0]


def test_a_groups_recap_is_not_arranged(story: Story) -> None:
    with pytest.raises(SeriesProblem, match="managers' recap"):
        story.group(desk.edit, Edit(apart=(1,)))


def test_the_counter_arranges_by_choosing_findings(counter: Desk) -> None:
    sheet = counter.ask("arrange:1:1")
    values = [option.value for option in sheet.blanks[0].options]
    page = counter.hand_in("arrange:1:1", {"findings": values, "what": "together", "words": "All of it"})
    assert "All of it – findings 1, 2, 3 and 4, from 2 of 2 groups" in words(page)
    assert "arrange:1:1" in presses(page)
    assert counter.hand_in("arrange:1:1", {"findings": values[:1], "what": "heading", "words": ""}) == Faults(
        {"words": "This is needed."}
    )
    wrong = counter.hand_in("arrange:1:1", {"findings": ["77"], "what": "apart"})
    assert wrong.by_blank.keys() == {"findings"}
    asked = counter.hand_in("arrange:1:1", {"findings": values[:1], "what": "asks"})
    assert "These ask something of you as a manager:" in words(asked)
    counter.who = "per"
    assert "Only the series' coordinators" in words(counter.ask("arrange:1:1"))


def test_the_command_arranges(runda: Callable[..., Result]) -> None:
    told = runda("edit", "north", "--managers", "--together", "1,2,3,4", "--heading", "1", "All of it")
    assert "All of it – findings 1, 2, 3 and 4, from 2 of 2 groups" in told.stdout
    assert runda("edit", "north", "--group", "Fjord", "--apart", "1").exit_code == 2
    assert "two findings or more" in runda("edit", "north", "--managers", "--together", "1").stderr


# -- what managers answer


def respond(story: Story, words: str, verdict: responding.Verdict = "decided", said: str = "") -> str:
    """As a manager, to the finding that has these words."""
    (recap, *_) = story.played.posts("@per")
    (number,) = (n for text, n in numbered(recap).items() if said in text)

    def answer(one: approval.ManagersDesk) -> str:
        return responding.respond(one, number, verdict, words, responding.manager(one, "per"))

    return str(story.managers(answer))


def test_the_group_sees_it_when_it_meets_next_with_its_actions_and_without_a_name(story: Story) -> None:
    story.approve()
    told = respond(story, "We apply in March.", said="law in north-1")
    assert told == "The group sees it when it meets next, without your name."
    respond(story, "the budget is closed.", "not-now", "north-1 asked")
    story.open_second()
    recap = story.recap("north-1")
    assert recap.index("What you planned") < recap.index("What managers have answered")
    assert "- “Rules are tighter than the law in north-1.”: decided. We apply in March." in recap
    assert "- “Nobody in north-1 asked.”: not now, because: the budget is closed." in recap
    said = recap[recap.index("What managers have answered") :]
    assert not [name for name in NAMES if re.search(rf"\b{name}\b", said)]
    assert "managers have answered" not in story.recap("north-2")


def test_a_held_or_edited_recap_keeps_no_answer_from_its_group(story: Story) -> None:
    story.approve()
    respond(story, "We apply in March.", said="law in north-1")
    respond(story, "", said="law in north-2")
    story.group(desk.hold)
    story.group(desk.edit, Edit(drop=(2,)), group="Fjell")
    story.open_second()
    held, edited = story.recap("north-1"), story.recap("north-2")
    assert "We apply in March." in held
    assert "proud" not in held
    assert "- “Rules are tighter than the law in north-2.”: decided." in edited
    assert "Edited by the coordinator" in edited


def test_the_last_answer_counts_and_is_told_once(story: Story) -> None:
    story.approve()
    respond(story, "no money.", "not-now", "law in north-1")
    respond(story, "We apply in March.", said="law in north-1")
    story.open_second()
    assert "no money" not in story.recap()
    assert "We apply in March." in story.recap()
    with story.office() as (_, unit):
        sessions = unit.all(t.sessions.select())
        waiting = [row for row in rows(story.database, t.responses) if row.session_id is None]
    assert sessions
    assert waiting == []


def test_not_now_needs_a_reason_and_only_what_managers_have_is_answered(story: Story) -> None:
    with pytest.raises(SeriesProblem, match="told of no finding 1"):
        story.managers(lambda one: responding.respond(one, 1, "decided", "", 1))
    story.approve()
    with pytest.raises(SeriesProblem, match="needs a reason"):
        respond(story, " ", "not-now", "law in north-1")
    with pytest.raises(SeriesProblem, match="Say who answers: Per, Eva"):
        story.managers(lambda one: responding.manager(one, None))


def test_an_answer_goes_with_its_finding_and_with_the_manager_who_is_erased(story: Story) -> None:
    story.approve()
    respond(story, "We apply in March.", said="law in north-1")
    respond(story, "We hired somebody.", said="law in north-2")
    story.open_second()
    story.played.take_back("north-1", "kari", story.said["kari-finding"])
    assert "We apply in March." not in story.recap("north-1")
    per = next(row.id for row in rows(story.database, t.people) if row.name == "Per")
    with story.database.write() as connection:
        assert answers.forget(connection, per) == 1
    story.played.settle()
    assert "hired" not in story.recap("north-2")
    assert rows(story.database, t.responses) == []


def test_a_manager_answers_at_the_counter_and_the_log_has_no_words_of_it(counter: Desk, story: Story) -> None:
    assert counter.ask("respond:1:1", who="per").title == "From Runda"
    counter.hand_in("approve:1:1:0", who="berit")
    page = counter.ask("read:1:1", who="per")
    assert "respond:1:1" in presses(page)
    sheet = counter.ask("respond:1:1")
    chosen = next(each.value for each in sheet.blanks[0].options if "law in north-1" in each.words)
    wrong = counter.hand_in("respond:1:1", {"finding": chosen, "verdict": "not-now", "words": ""})
    assert wrong == Faults({"words": "Write why not: the group has put work into it."})
    written = {"finding": chosen, "verdict": "decided", "words": "We apply in March."}
    assert "without your name" in words(counter.hand_in("respond:1:1", written))
    last = rows(story.database, t.audit)[-1]
    assert (last.act, "decided" in last.object, "March" in last.object) == ("finding answered", True, False)
    assert "respond:1:1" not in presses(counter.ask("read:1:1", who="kari"))
    assert "Only the series' managers" in words(counter.ask("respond:1:1"))


def test_the_command_answers(runda: Callable[..., Result], story: Story) -> None:
    runda("approve", "north")
    told = runda("answer", "north", "1", "1", "--not-now", "The budget is closed.", "--by", "Per")
    assert "The group sees it when it meets next" in told.stdout
    assert runda("answer", "north", "1", "1").exit_code == 2
    (row,) = rows(story.database, t.responses)
    assert (row.verdict, row.words) == ("not-now", "The budget is closed.")
