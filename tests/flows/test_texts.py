"""What Runda itself says: that every text the code uses is there, in four languages, and can be followed.

The keys are read out of the source, so a new text without words fails here, and so does a text that nothing
uses any more. What the lists in this file hold back was read by somebody, and says why. Last, the programmes that
come with Runda: that they keep to each language; that nothing is missing in them `runda check` says.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from ruamel.yaml import YAML

import bot
import flows
from adapters.telegram import commands
from adapters.terminal.render import LABELS
from bot.ideas import sluice
from bot.words import BY_COMMAND
from flows import effects, groups, reading, sight
from flows.kinds import KINDS
from flows.language import Catalogue, compare, keys, placeholders
from flows.pairs import Why
from flows.programme import LANGUAGES
from flows.recap.shapes import ActionState
from tests.flows.catalogues import QUOTES, ZONE, catalogue, source, texts

SOURCE = Path(flows.__file__).parent
REFERENCE = "en"


def entries(language: str) -> Iterator[tuple[str, str]]:
    """Every text of a language with its key; every form of a plural."""
    for key, entry in catalogue(language).entries.items():
        if isinstance(entry, str):
            yield key, entry
        elif isinstance(entry, dict):
            yield from ((key, form) for form in entry.values())


# -- the keys that the code uses

#: Keys that are put together: what stands first, and all that can follow.
EXPANSIONS: dict[str, tuple[str, ...]] = {
    "choice.": reading.CONTROLS,
    "status.": tuple(kind.WORD for kind in KINDS if kind.WAITS),
    "finished.": tuple(outcome.replace(" ", "-") for outcome in get_args(effects.Outcome)),
    "meeting.also.": ("coordinator", "manager"),
    "delivery.why.": ("not-found", "forbidden", "archived", "removed", "too-long", "unknown"),
    "sight.before.": sight.DATA,
    "pairs.why.": get_args(Why),
    "sight.role.": sight.VIEWERS,
    "sight.when.": tuple(sight.CONDITIONS),
    "manager.state.": get_args(ActionState),
    "idea.status.": sluice.STATUSES,
}
#: What speaks keys: functions of `flows.message`, and two that pass a key on to them.
SPEAKERS = {"line", "text", "Text", "tell", "_section"}
#: Who passes a key on, and so has it in a variable.
FORWARDERS = {"line", "text", "tell", "programme", "choices", "_section", "_listed"}
#: Put together in other rooms: the terminal's labels, and the titles of those who run a series.
JOINED = {f"terminal.{label}" for label in LABELS} | {"demo.coordinator", "demo.manager"}
#: Telegram's: what stands with its messages, its commands, hints how two of them are written, and where help comes.
JOINED |= {f"telegram.{label}" for label in ("link", "reply", "hint.answer", "hint.undo", "hint.in-private")}
JOINED |= {f"telegram.command.{each}" for each in commands.IN_GROUPS + commands.IN_PRIVATE}


@dataclass(frozen=True)
class Use:
    key: str
    where: str
    #: None: they are handed on from somewhere else.
    params: frozenset[str] | None


@cache
def elsewhere() -> tuple[set[str], tuple[str, ...]]:
    """What the running program names: whole strings, and how those begin that are put together.

    A beginning of one word says too little: all that starts with it would count as said.
    """
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(Path(bot.__file__).parent.rglob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    whole = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    joined = (node.values[0] for node in nodes if isinstance(node, ast.JoinedStr))
    starts = {str(first.value) for first in joined if isinstance(first, ast.Constant)}
    return whole | JOINED, tuple(start for start in starts if re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]*", start))


@cache
def uses() -> list[Use]:
    codes = (groups.SMALL, groups.LARGE, groups.SEVEN)
    found = [Use(code, "groups.py", frozenset({"n", "limit"})) for code in codes]
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        speakers = _speakers(tree) if path.name != "message.py" else SPEAKERS | {"choices"}
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _called(node) in speakers:
                    found += _uses(node, function.name, f"{path.relative_to(SOURCE)}:{node.lineno}")
    return found


def _speakers(tree: ast.Module) -> set[str]:
    """The speakers that this module knows: a `line` that is not `flows.message`'s is something else."""
    imports = (
        node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "flows.message"
    )
    known = {alias.name for node in imports for alias in node.names}
    return (SPEAKERS | {"choices"}) & (known | {"tell", "_section"})


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _uses(call: ast.Call, function: str, where: str) -> Iterator[Use]:
    if _called(call) == "choices":
        yield from (
            Use(f"choice.{key}", where, frozenset()) for arg in call.args for key in _keys(arg, where)
        )
    elif isinstance(call.args[0], ast.Name | ast.BinOp | ast.Call):
        assert function in FORWARDERS, f"{where}: a key in a variable cannot be followed; write it out here"
    else:
        yield from (Use(key, where, _params(call)) for key in _keys(call.args[0], where))


def _keys(node: ast.expr, where: str) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, str), where
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _keys(node.body, where)
        yield from _keys(node.orelse, where)
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        start = str(node.values[0].value)
        assert start in EXPANSIONS, f"{where}: tell the test what can follow {start!r}"
        yield from (start + end for end in EXPANSIONS[start])


def _params(call: ast.Call) -> frozenset[str] | None:
    """The names handed in, if they can be seen: keywords, or the dictionary of a `Text`."""
    if _called(call) == "Text" and len(call.args) > 1:
        handed = call.args[1]
        assert isinstance(handed, ast.Dict), "hand a dictionary that can be read here"
        return frozenset(str(ast.literal_eval(key)) for key in handed.keys if key)
    named = [keyword.arg for keyword in call.keywords]
    return None if None in named else frozenset(str(name) for name in named)


#: The parameters of texts whose caller hands them on: `turn.show_status`, `recap.showing`.
HANDED_ON = {"status.": {"n", "of", "until"}}


def test_every_text_that_the_code_uses_is_there() -> None:
    known = keys(texts(REFERENCE))
    missing = {use.key: use.where for use in uses() if use.key not in known}
    assert missing == {}


def test_the_reading_of_the_source_finds_what_is_known_to_be_there() -> None:
    found = {use.key for use in uses()}
    assert {"ask.alone", "status.open", "choice.was-answer", "share.from", "lobby.nobody"} <= found
    assert len(found) > 80


def test_no_text_is_left_over() -> None:
    used = {use.key for use in uses()} | {key for kind in KINDS for key in (kind.SIGHT, kind.COUNTED)}
    whole, starts = elsewhere()
    left = {key for key, kind in keys(texts(REFERENCE)).items() if kind != "words" and key not in used}
    assert {key for key in left if key not in whole and not key.startswith(starts)} == set()


def test_texts_ask_for_no_more_than_they_are_given() -> None:
    for use in uses():
        handed = next((names for key, names in HANDED_ON.items() if use.key.startswith(key)), None)
        given = use.params if use.params is not None else handed
        assert given is not None, f"{use.where}: what is handed to {use.key} cannot be followed"
        assert placeholders(catalogue(REFERENCE).entries[use.key]) <= given, f"{use.where} {use.key}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_is_only_where_a_number_is_given(language: str) -> None:
    plural = {key for key, kind in keys(texts(language)).items() if kind == "plural"}
    assert [use.where for use in uses() if use.key in plural and use.params and "n" not in use.params] == []


def test_every_state_of_an_action_has_a_word() -> None:
    assert set(texts(REFERENCE)["action"]["state"]) == set(get_args(ActionState))


# -- the four languages


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_how_one_takes_something_back_differs_where_a_deletion_is_not_heard_of(language: str) -> None:
    usual, other = (
        catalogue(language).say(key).split("\n") for key in ("meeting.privacy", BY_COMMAND["meeting.privacy"])
    )
    differs = [(one, two) for one, two in zip(usual, other, strict=True) if one != two]
    assert len(differs) == 1
    assert f"/{commands.LISTED[language]['undo']}" in differs[0][1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things(language: str) -> None:
    assert compare(texts(REFERENCE), texts(language), language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_can_be_said(language: str) -> None:
    """With every parameter, for one and for many, on the day and another day."""
    at = datetime(2026, 10, 13, 7, 35, tzinfo=UTC)
    bot = catalogue(language)
    for key, entry in bot.entries.items():
        if isinstance(entry, tuple):
            continue
        timed = set(re.findall(r"\{(\w+):", " ".join(entry.values()) if isinstance(entry, dict) else entry))
        words = {name: at if name in timed else "{words}" for name in placeholders(entry)}
        for n in (0, 1, 2):
            said = bot.say(key, now=at, **{**words, "n": n})
            assert said.strip(), key
            assert "{" not in said.replace("{words}", ""), said


#: Said alike in bokmål and nynorsk: somebody has read each, and it is good in both.
ALIKE = {
    "pairs.two", "pairs.three",
    "plain", "meeting.title", "meeting.also.coordinator", "picture.point", "ask.count", "ask.until", "note.noted",
    "action.state.done",
    "action.state.under-way", "break.until", "status.ask", "status.note", "status.recap", "status.break",
    "status.share", "status.open", "status.paused", "receipt.kept", "choice.here", "choice.next",
    "choice.back",
    "choice.pause", "choice.help", "choice.release-all", "sight.role.author", "sight.role.circle",
    "sight.role.series", "sight.role.coordinator", "sight.only", "sight.nobody-else", "recap.others",
    "recap.others-more", "recap.edited-by-coordinator", "recap.answer.decided",
    "recap.answer.decided-bare", "manager.before", "manager.common", "manager.held", "manager.unit",
    "manager.took-part", "manager.next", "manager.actions", "manager.field", "manager.of-round", "manager.round",
    "manager.state.both",
    "manager.state.under-way",
    "series.cancelled",
    "scale.end", "scale.point", "levels.shown", "level.item", "level.since", "level.count", "levels.reversed",
    "levels.share",
    "choice.pick", "choice.extra", "respond.extra-counted", "status.wait", "status.form",
    "status.again", "fields.count", "demo.after-the-break",
    "demo.meeting", "join.home", "join.link.open", "join.link.title", "join.name", "join.over", "join.with",
    "demo.in-group", "demo.coordinator", "demo.try.finding", "terminal.you", "terminal.write", "rights.title",
    "rights.answered",
    "rights.parts", "rights.account", "rights.wrote", "rights.noted", "rights.file",
    "rights.role.coordinator",
    "rights.what.action", "rights.what.answer", "rights.what.control", "rights.what.finding",
    "rights.what.note",
    "rights.state.done", "rights.state.no", "rights.state.reworded", "rights.state.under-way",
    "rights.state.yes",
    "rights.platform.slack", "rights.platform.telegram", "rights.document.case", "rights.document.minutes",
    "rights.document.series", "rights.checklist.settled",
    "documents.sheet.title", "documents.sheet.contents", "documents.sheet.date", "documents.sheet.count",
    "documents.sheet.verdicts", "documents.sheet.when",
    "counter.title.paper", "counter.told-of-it", "counter.home.over",
    "why.became.failed", "why.entry", "why.numbered", "why.rows", "why.silence", "why.silent.cancelled",
    "why.sort.answer", "why.sort.question", "why.sort.recap", "why.sort.receipt", "why.sort.status",
    "why.to.place",
}  # fmt: skip
#: The same, of forms and pages.
AT_THE_COUNTER = set(
    """
    counter.acts.one counter.blank.on counter.button.decide counter.button.divide counter.title.divide
    counter.told.divided-group counter.button.erase counter.button.erase-now
    counter.button.gross counter.button.mine counter.button.quit counter.button.rules counter.button.settle
    counter.seat.next
    counter.title.erase counter.title.mine counter.title.rules counter.title.seat
    counter.answer.decided counter.blank.closed-last counter.closed.one
    counter.blank.verdict counter.blank.apart counter.blank.first counter.blank.others-hint
    counter.blank.people-hint
    counter.blank.programme counter.blank.split counter.button.add counter.button.approve
    counter.button.as-it-is counter.button.back counter.button.cancel counter.button.cancel-series
    counter.button.close counter.button.dismiss counter.button.done counter.button.drop counter.button.earlier
    counter.button.hand-in counter.button.home counter.button.later counter.button.leave counter.button.move
    counter.button.no counter.button.onwards counter.button.pause counter.button.pause-until counter.button.preview
    counter.button.programme
    counter.button.read counter.button.remove counter.button.skip counter.button.step-when counter.button.yes
    counter.choice.all-groups counter.choice.smallest-group counter.edit.drop counter.everywhere.gather
    counter.everywhere.pause counter.everywhere.stop counter.guided.done counter.guided.is-this-right
    counter.guided.step counter.guided.type counter.home.next counter.home.other counter.home.runs
    counter.home.state counter.meeting.when counter.people.nobody counter.people.note-taker counter.preview.at
    counter.recap-fate.opened counter.recap-fate.out counter.recap-is.edited counter.recaps.meeting
    counter.roles.coordinator counter.roles.note-taker counter.series.meeting counter.series.next
    counter.setup.meeting counter.setup.mind counter.setup.when counter.status.cancelled counter.status.finished
    counter.status.open counter.status.paused counter.status.paused-until counter.status.running counter.step.break
    counter.step.other counter.step.recap counter.title.cancel counter.title.check counter.title.gross
    counter.title.help counter.title.home counter.title.preview counter.told.coordinator-named counter.told.dated
    counter.told.is-cancelled counter.told.new-name counter.told.no-account counter.told.no-channel
    counter.told.no-coordinator
    counter.told.stands.cancelled counter.told.stands.finished counter.told.stands.heads
    counter.told.stands.paused counter.told.stands.question counter.told.stands.until form.choice.en
    form.choice.nb form.choice.nn form.choice.sv form.series-create.at form.series-create.form
    form.series-create.language form.series-create.pace form.series-move.at form.series-move.to
    audit.act.meeting-cancelled audit.act.series-cancelled audit.act.group-added audit.act.person-added
    audit.act.person-removed audit.act.coordinator-named audit.act.note-taker-named audit.act.installed
    audit.act.uninstalled
    counter.gross.part counter.gross.says idea.added idea.heading.assess idea.line idea.line-words idea.number
    idea.status.assessing idea.title.mine idea.title.more rights.idea
    """.split()  # noqa: SIM905 - easier to read than as many strings
)


def test_bokmal_and_nynorsk_are_written_each_on_its_own() -> None:
    nb, nn = catalogue("nb").entries, catalogue("nn").entries
    assert {
        key for key in nb if nb[key] == nn[key] and not isinstance(nb[key], tuple)
    } == ALIKE | AT_THE_COUNTER


#: Words that show that a text has slipped into another language.
STRANGERS = {
    "nb": "ikkje kva korleis kvar kven kvifor nokon noko frå meir seinare vidare berre sjå dykk eg saman leiar "
    "leiarar høgst eit ein att inte är",
    "nn": "ikke hva hvordan hvor hvem hvorfor noen noe fra mer senere videre bare se da dere deres jeg sammen "
    "et en ett leder ledere høyst fortsatt igjen gjøre uten hvis ble",
    "sv": "ikke ikkje hva kva dere dykk og ei et fra frå økt frist ordfører utvalg leder ledere",
    "en": "og ikke ikkje och inte är",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_slips_into_another_language(language: str) -> None:
    strangers = set(STRANGERS[language].split())
    found = {(key, word) for key, text in entries(language) for word in re.findall(r"\w+", text.lower())}
    assert {(key, word) for key, word in found if word in strangers} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tone_is_calm(language: str) -> None:
    """No exclamation marks, no pictograms, and the language's own quotation marks."""
    for key, text in entries(language):
        assert "!" not in text, key
        assert not re.search(r"[\u2190-\u2bff\U0001f000-\U0001faff]", text), key
        assert set(re.findall(r"[«»“”„\"]", text)) <= set(QUOTES[language]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_of_the_file_are_short_enough_to_review(language: str) -> None:
    lines = source(language).splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 110] == []


# -- the texts of the programmes that come with Runda

#: A programme's texts that are alike in bokmål and nynorsk: read by somebody, and good in both.
PROGRAMMES_ALIKE = set(
    """
    retrospective.title retrospective.rounds.what-we-change.try-it.ask
    retrospective.rounds.what-we-change.try-it.continue selfcheck.forms.short selfcheck.forms.plenum
    selfcheck.rounds.team.team-map.actor selfcheck.rounds.team.team-map.role
    selfcheck.rounds.team.team-map.ambition selfcheck.pictures.map.points.1.label
    selfcheck.pictures.map.points.5.label training.rounds.solution.shared
    start.rounds.onwards.shared
    """.split()  # noqa: SIM905 - easier to read than as many strings
)


@cache
def programme_texts(language: str) -> dict[str, str]:
    """Every text of every programme, and of the start of one; but for what names a source, in its own language."""
    files = [*sorted(SOURCE.glob(f"programmes/*/{language}.yaml")), SOURCE / "start" / f"{language}.yaml"]
    read = {path.parent.name: YAML(typ="safe").load(path) for path in files}
    return {
        f"{name}.{key}": said
        for name, texts in read.items()
        for key, said in Catalogue(language, texts, ZONE).entries.items()
        if key != "source" and isinstance(said, str)
    }


def test_programmes_are_written_in_bokmal_and_nynorsk_each_on_its_own() -> None:
    nb, nn = programme_texts("nb"), programme_texts("nn")
    assert {key for key in nb if nb[key] == nn[key]} == PROGRAMMES_ALIKE


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_programme_slips_into_another_language(language: str) -> None:
    strangers, others = set(STRANGERS[language].split()), set('!"«»“”„') - set(QUOTES[language])
    for key, said in programme_texts(language).items():
        assert not strangers & set(re.findall(r"\w+", said.lower())), key
        assert not others & set(said), key
