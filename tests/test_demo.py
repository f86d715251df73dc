"""`runda demo` and `runda try`: every moment that they promise, in every language, and the golden transcript."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser
from multiprocessing import get_context
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.terminal.records import Piece
from bot.cli import runda
from bot.demo import stage
from bot.demo.play import Play
from bot.demo.script import FIRST, Script, cast, file
from bot.library import bot_texts, read
from bot.page import pieces
from flows.language import Catalogue
from flows.programme import LANGUAGES
from storage.database import Database
from tests.demo_runs import Shown, first_break, first_window, performed, tried, twice

ROOT = Path(__file__).resolve().parent.parent
GOLDEN, README = ROOT / "docs" / "demo" / "en.txt", ROOT / "README.md"
UPDATE = bool(os.environ.get("RUNDA_UPDATE"))
#: The command as a newcomer types it, in a fresh clone.
CALLED = "python3 -m bot"
ANSWERS = ["We stop one old thing for every new one.", "We never stop anything, so nothing new has room.", ""]
#: A programme in twelve lines, which nobody has written words for.
TINY = """\
programme: good-things
languages: [en]
rounds:
  - round: first
    steps:
      - ask: proud
        minutes: 5
      - finding: best
      - action: who
texts:
  en:
    title: Good things
    rounds: {first: {title: What works, proud: What are we proud of?, best: Which one counts?, who: Who does it?}}
"""


@dataclass(frozen=True)
class Runs:
    """Performances under way."""

    series: dict[str, Future[tuple[Shown, Shown]]]
    breaks: dict[str, Future[str]]
    crash: Future[Shown]
    window: Future[str]
    tries: dict[str, Future[Shown]]


@pytest.fixture(scope="module", autouse=True)
def migrated(sqlite_template: Path) -> Iterator[None]:
    """Databases are copied: making their tables is a third of a short performance. That of the crash makes its own."""

    def upgrade(database: Database) -> None:
        assert database.path is not None
        copy(sqlite_template, database.path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "upgrade", upgrade)
        yield


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    """All that takes long is begun at once, on two processors, by children that need not read every module first."""
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # later Pythons tell of threads; ours hold nothing
        yield Runs(
            {each: pool.submit(twice, each, CALLED) for each in LANGUAGES},
            {each: pool.submit(first_break, each) for each in LANGUAGES},
            pool.submit(performed, Play("en"), crash=True),
            pool.submit(first_window, "en"),
            {each: pool.submit(tried, each, ANSWERS) for each in LANGUAGES},
        )


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def every(runs: Runs, language: str) -> Shown:
    return runs.series[language].result()[1]


class Words:
    """The texts of one language, and what its people say."""

    def __init__(self, language: str) -> None:
        self.bot = Catalogue(language, bot_texts(language), "Europe/Oslo")
        self.programme = Catalogue(language, read("selfcheck").texts[language], "Europe/Oslo")
        told = file(FIRST, language)
        assert told is not None
        self.rounds: dict[str, Any] = told["rounds"]
        self.cast = cast(language)

    def alone(self, name: str) -> str:
        return f"({bot_texts(self.bot.language)['terminal']['alone'].replace('{name}', name)})"


@pytest.fixture
def words(language: str) -> Words:
    return Words(language)


def part(shown: Shown, words: Words, number: int, group: str | None) -> str:
    """The thread of one group, or of everyone, in one session."""
    heads = [index for index, line in enumerate(shown.lines) if line.startswith("–––")]
    sessions = [*(index - 1 for index in heads), len(shown.lines)]
    mine = shown.lines[sessions[number - 1] : sessions[number]]
    titles = {
        **{key: words.bot.say("demo.in-group", group=name, people=", ".join(people.values()))
           for key, (name, people) in words.cast.groups.items()},
        None: words.bot.say("demo.everyone"),
    }  # fmt: skip
    begin = mine.index(titles[group])
    ends = [index for index, line in enumerate(mine) if line in titles.values() and index > begin]
    return "\n".join(mine[begin : min(ends, default=len(mine))])


# -- the moments, one by one


def test_the_picture_comes_with_its_text(every: Shown, words: Words) -> None:
    thread = part(every, words, 1, "fjord")
    assert f"[{words.programme.say('pictures.map.title')}]" in thread
    assert words.programme.say("pictures.map.alt") in thread


def test_help_to_a_point_comes_when_somebody_asks(every: Shown, words: Words) -> None:
    thread, helped = part(every, words, 1, "fjord"), words.programme.say("pictures.map.points.2.help")
    assert thread.index("Ane: 2?") < thread.index(helped)
    assert words.programme.say("pictures.map.points.3.help") not in every.text


def test_questions_come_one_at_a_time(every: Shown, words: Words) -> None:
    thread = part(every, words, 1, "fjord")
    asked = [thread.index(words.bot.say("ask.count", n=n, of=3)) for n in (1, 2, 3)]
    noted = [match.start() for match in re.finditer(re.escape(words.bot.say("note.noted")), thread)]
    assert sorted((*asked, *noted)) == [asked[0], noted[0], asked[1], noted[1], asked[2], noted[2]]


def test_own_notes_are_handed_back_to_their_author_alone(every: Shown, words: Words) -> None:
    thread = part(every, words, 1, "fjord")
    alone = words.rounds["status"]["fjord"]["map-fits"]["alone"]
    for key, note in alone.items():
        name = words.cast.groups["fjord"][1][key]
        written = f"{name} {words.alone('Runda')}: {note}"
        back = f"Runda {words.alone(name)}\n       {words.bot.say('ask.yours')}\n       {note}"
        assert thread.index(written) < thread.index(back)


def test_what_a_note_was_made_from_is_not_said_again_beside_it(every: Shown, words: Words) -> None:
    said = [line for who, line in words.rounds["status"]["fjord"]["map-fits"]["shared"] if who == "amir"]
    assert len(said) == 2
    assert not any(line in part(every, words, 2, "fjord") for line in said)


def test_an_edit_shows_where_the_message_stands(every: Shown, words: Words) -> None:
    _, before, after = words.rounds["status"]["fjord"]["edits"]["map-fits"]
    edited = bot_texts(words.bot.language)["terminal"]["edited"]
    assert f"Jon: {after} ({edited})" in every.text
    assert before not in every.text


def test_what_is_taken_back_is_gone_everywhere(every: Shown, words: Words) -> None:
    _, gone = words.rounds["status"]["fjord"]["removes"]["local-conditions"]
    assert f"Ane: ({words.bot.say('terminal.removed')})" in part(every, words, 1, "fjord")
    assert gone not in every.text
    assert all(gone not in text for text in every.files.values())


def test_a_late_answer_is_heard_after_the_end(every: Shown, words: Words) -> None:
    thread, (_, late) = (
        part(every, words, 1, "fjord"),
        words.rounds["status"]["fjord"]["late"]["innovation-for-us"],
    )
    assert thread.index(words.bot.say("finished.done")) < thread.index(f"Amir → Runda: {late}")


def test_five_more_minutes_are_given(every: Shown, words: Words) -> None:
    thread = part(every, words, 1, "fjell")
    given = words.bot.say("control.more", n=5, until=datetime(2026, 10, 13, 7, 18, tzinfo=UTC),
                          now=datetime(2026, 10, 13, 7, 18, tzinfo=UTC))  # fmt: skip
    assert thread.index(words.bot.say("choice.more")) < thread.index(given)


def test_a_word_that_was_an_answer_is_given_back(every: Shown, words: Words) -> None:
    thread = part(every, words, 1, "fjell")
    shared = words.rounds["status"]["fjell"]["innovation-for-us"]["shared"]
    misread, taken_back = (line for who, line in shared if who == "tor")
    # How a control word is taken back is told once to each, at the first one: here «five more minutes».
    told = f"Tor: {misread}", f"Tor: {taken_back}", words.bot.say("control.back")
    order = [thread.index(each) for each in told]
    assert order == sorted(order)


def test_a_finding_goes_out_reworded_and_another_stays(every: Shown, words: Words) -> None:
    first, second, third = (line for _, line in words.rounds["status"]["fjord"]["aha"])
    new = words.rounds["status"]["fjord"]["aha-release"][2][1].removeprefix("2: ")
    assert words.bot.say("release.done", n=2) in part(every, words, 1, "fjord")
    outside = [
        part(every, words, 1, None),
        part(every, words, 2, "fjell"),
        every.files["out/recaps/managers/session-1-v1.md"],
    ]
    for read_by_others in outside:
        assert first in read_by_others
        assert new in read_by_others
        assert second not in read_by_others
        assert third not in read_by_others
    own = part(every, words, 2, "fjord")
    assert new in own
    assert third in own


def test_all_groups_meet_and_talk(every: Shown, words: Words) -> None:
    for number, round_ in enumerate(words.rounds.values(), 1):
        thread = part(every, words, number, None)
        for name, _ in words.cast.groups.values():
            assert words.bot.say("share.from", group=name) in thread
        for _, line in (*round_["plenum"]["shared"], *round_["plenum"]["together"]):
            assert line in thread


def test_actions_are_followed_up(every: Shown, words: Words) -> None:
    thread = part(every, words, 2, "fjord")
    assert words.bot.say("follow-up.ask", n=2) in thread
    action = words.rounds["status"]["fjord"]["next-steps"][0][1]
    state = words.bot.say("action.state.under-way")
    assert f"1. {action}\n" in thread
    assert f"Amir: 1 {state}" in thread
    # It is not settled, so it is asked about again, and its state is known.
    assert f"1. {action} ({state})" in part(every, words, 3, "fjord")


def test_meetings_keep_their_hour_over_the_clock_change(every: Shown, words: Words) -> None:
    title = words.programme.say("rounds.resources.title")
    when = datetime(2026, 10, 27, 8, 0, tzinfo=UTC)
    assert words.bot.say("demo.meeting", number=2, of=3, title=title, when=when) in every.lines
    assert "09:00" in words.bot.say("demo.two-weeks-clocks", when=when)
    assert part(every, words, 2, "fjord").splitlines()[2].startswith("09:00  Runda")


def test_the_one_day_form_has_breaks(runs: Runs, language: str, words: Words) -> None:
    until = datetime(2026, 10, 13, 7, 55, tzinfo=UTC)
    assert words.bot.say("break.until", until=until) in runs.breaks[language].result()


def test_the_coordinator_approves_before_managers_read(every: Shown, words: Words) -> None:
    title = words.programme.say("rounds.status.title")
    assert words.bot.say("manager.title", title=title) in every.text
    assert (
        words.bot.say("manager.approved", when=datetime(2026, 10, 14, 6, 30, tzinfo=UTC), n=1) in every.text
    )


# -- the default, and what it is shown in


def test_the_default_is_as_the_docs_show_it(runs: Runs) -> None:
    shown = runs.series["en"].result()[0]
    came = shown.text + "\n"
    if UPDATE:
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(came, "utf-8")
    assert came == GOLDEN.read_text("utf-8"), f"if this is right: RUNDA_UPDATE=1 pytest {__file__}"
    assert 55 <= len(shown.lines) <= 80
    assert max(map(len, shown.lines)) <= 88


def test_the_readme_shows_the_default() -> None:
    before, begin, rest = README.read_text("utf-8").partition("<!-- demo -->\n")
    _, end, after = rest.partition("<!-- /demo -->")
    assert begin
    assert end
    fenced = f"```text\n{GOLDEN.read_text('utf-8')}```\n"
    if UPDATE:
        README.write_text(f"{before}{begin}{fenced}{end}{after}", "utf-8")
    assert fenced in README.read_text("utf-8"), f"if this is right: RUNDA_UPDATE=1 pytest {__file__}"


def test_nothing_is_lost_and_nothing_twice_when_it_is_killed(runs: Runs) -> None:
    shown = runs.crash.result()
    assert shown.well
    assert len(re.findall(r"^\d\d:\d\d, group Fjord, question [23]: killed\.", shown.text, re.MULTILINE)) == 2
    (sent, found, taken, lost), *others = (
        tuple(map(int, re.findall(r"\d+", line))) for line in shown.lines[-4:]
    )
    assert lost == 0
    assert sent == found + taken > 190
    assert taken == 1
    assert [each[0] == each[1] and each[2:] in ((0,), ()) for each in others] == [True] * 3


def test_at_the_async_pace_people_have_days(runs: Runs) -> None:
    thread, bot = runs.window.result(), Catalogue("en", bot_texts("en"), "Europe/Oslo")
    assert bot.say("ask.async", until=datetime(2026, 10, 16, 14, 0, tzinfo=UTC)) in thread
    assert bot.say("release.done", n=2) in thread
    assert not re.search(r": (We are here|Next|Five more minutes)$", thread, re.MULTILINE)


# -- taking part


def test_your_words_are_in_the_recap(runs: Runs, language: str, words: Words) -> None:
    shown = runs.tries[language].result()
    marked = [line for line in shown.lines if line.endswith(f"← {words.bot.say('demo.try.yours')}")]
    assert [line.strip().removeprefix("• ").split(" ←")[0].strip() for line in marked] == ANSWERS[1::-1]
    recap = shown.lines.index(words.bot.say("demo.try.jump") + " ")
    assert all(shown.lines.index(line) > recap for line in marked)
    assert words.bot.say("demo.try.end") in shown.lines
    assert len(shown.lines) < 80


@pytest.mark.parametrize("count", [0, 2])
def test_leaving_is_polite_at_any_point(count: int) -> None:
    shown = tried("en", ANSWERS[:count])
    assert shown.lines[-1] == "Goodbye. Nothing was kept."


def test_your_own_name_and_a_word_that_steers() -> None:
    shown = tried("nb", ["neste", "Å slutte med noe gammelt først.", "", ""], name="Øyvind (Helse)")
    words = Words("nb")
    assert words.bot.say("demo.try.intro", name="Øyvind Helse", group="Fjord") in shown.lines
    assert words.bot.say("demo.try.steered") in shown.lines
    assert any(line.endswith("← dine ord") for line in shown.lines)


def test_saying_nothing_is_fine() -> None:
    assert Words("en").bot.say("demo.try.nothing") in tried("en", ["", "", ""]).lines


# -- other programmes, wrong use


def test_a_programme_without_a_script_is_played_too(tmp_path: Path) -> None:
    tiny = tmp_path / "good-things.yaml"
    tiny.write_text(TINY, "utf-8")
    shown = performed(Play("nb", str(tiny)), everything=True)
    bot = Catalogue("en", bot_texts("en"), "UTC")
    for key in ("answer-1", "finding-1", "action"):
        assert bot.say(f"demo.says.{key}", name="Kari") in shown.text
    assert "What are we proud of?" in shown.text
    assert "Good things" not in shown.lines[0]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--programme", "selfchek"], "Did you mean `selfcheck`?"),
        (["--form", "two-days"], "There is no form called two-days"),
        (["--crash", "--all"], "--crash shows what was lost"),
        (["--language", "de"], "'de' is not one of"),
    ],
)
def test_wrong_use_is_told(asked: list[str], told: str) -> None:
    result = CliRunner().invoke(runda, ["demo", *asked])
    assert result.exit_code == 2
    assert told in result.output


# -- the script


def _shape(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _shape(value) for key, value in told.items()}
    if isinstance(told, list) and told and isinstance(told[0], list):
        return [each[0] for each in told]
    return told[0] if isinstance(told, list) else None


def test_the_scripts_of_all_languages_are_played_alike() -> None:
    shapes = {each: _shape(file(FIRST, each)) for each in LANGUAGES}
    assert all(shape == shapes["en"] for shape in shapes.values())


def test_every_line_of_a_script_has_a_key_of_its_own(words: Words) -> None:
    programme = read("selfcheck").programme
    script = Script(programme, words.cast, words.bot, "live")
    keys = [
        line.key
        for number, round_ in enumerate(programme.rounds, 1)
        for group, steps in (("fjord", round_.steps), ("fjell", round_.steps), ("plenum", round_.plenum))
        for at, step in enumerate(steps)
        for part in ("alone", "shared")
        for line in script.lines(number, round_.round, group, step, part, at)
    ]
    assert len(keys) == len(set(keys)) > 150


# -- the page


class Page(HTMLParser):
    """What matters of a page: whether it is well formed, its headings, what it leads to, and what it fetches."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.fetched: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.attributes.setdefault(tag, given)
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [each for each in [given.get("id")] if each]
        if tag == "a":
            self.links.add(given.get("href") or "")
        if tag in ("script", "img", "link", "iframe") or given.get("src"):
            self.fetched.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


def test_the_page_can_be_read_by_everybody(every: Shown, words: Words) -> None:
    html = every.files["out/index.html"]
    page = Page(html)
    assert page.open == []
    assert page.attributes["html"]["lang"] == words.bot.language
    assert page.fetched == []
    assert page.headings[:2] == [1, 2]
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert "@media print" in html
    assert page.attributes["svg"]["role"] == "img"
    assert words.programme.say("pictures.map.alt") in html


def test_the_page_has_threads_recaps_and_managers(every: Shown, words: Words) -> None:
    html = every.files["out/index.html"]
    for name in ("picture", "threads", "recaps", "managers"):
        assert f'<section id="{name}">\n<h2>' in html
    assert escape(words.rounds["team"]["plenum"]["together"][1][1]) in html
    recaps = sorted(path for path in every.files if path.startswith("out/recaps/"))
    # Two that opened a meeting, and the last, which nothing comes after; of each of two groups.
    assert len([path for path in recaps if "/groups/" in path]) == 6
    assert len([path for path in recaps if "/managers/" in path]) == 3
    assert every.files[recaps[0]].startswith("# ")


def _luminance(colour: str) -> float:
    """WCAG 2: relative luminance of #rrggbb."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_of_the_page_stands_out() -> None:
    style = (ROOT / "bot" / "page.css").read_text("utf-8")
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", style))
    assert {"ink", "quiet", "link", "paper", "runda", "alone"} <= set(colours)
    for text in ("ink", "quiet", "link"):
        for ground in ("paper", "runda", "alone"):
            light, dark = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_what_people_write_is_text_on_the_page() -> None:

    said = [Piece("line", "<script>alert('1')</script> & so\non"), Piece("item", "<b>x</b>", 2)]
    html = "".join(pieces(said, heading="h4"))
    assert html == (
        "<p>&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; so<br>on</p>\n"
        '<ol>\n<li value="2">&lt;b&gt;x&lt;/b&gt;</li>\n</ol>\n'
    )
