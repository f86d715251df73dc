"""`runda new`: what it writes can be used as it is, says what the kinds do, and is never written over anything."""

import json
import re

import pytest

from bot import starting
from bot.cli import FAILED, MISUSED
from bot.library import read, report
from flows.check.editors import said
from flows.kinds import KINDS
from flows.programme import LANGUAGES
from tests.test_cli import DATES, NAMES, alone, told

__all__ = ["alone"]  # the fixture: away from anybody's own settings and folders


@pytest.mark.parametrize("languages", [*((each,) for each in LANGUAGES), LANGUAGES], ids="-".join)
def test_what_is_written_has_no_fault_and_can_be_simulated(languages):
    asked = [word for language in languages for word in ("--language", language)]
    files = ", ".join(["programme.yaml", *(f"{language}.yaml" for language in languages)])
    output = told(0, "new", "our-check", *asked)
    assert output == f"Written to our-check: {files}\nNext: runda check our-check; runda simulate our-check\n"
    counted = "4 languages" if languages == LANGUAGES else "1 language"
    assert told(0, "check", "our-check") == f"our-check: 2 rounds, {counted}, no problems\n"
    content = read("our-check")
    assert tuple(content.texts) == content.programme.languages == languages
    spoken = languages[-1]
    sent = told(0, "--language", spoken, "simulate", "our-check")
    assert "Mind:" not in sent
    rounds = content.texts[spoken]["rounds"]
    for last in (rounds["now"]["together"], rounds["onwards"]["next-steps"]):
        assert last in " ".join(sent.split())


def test_it_can_be_planned_in_the_other_form_too():
    told(0, "new", "our-check", "--language", "en")
    words = ("--name", "North", "--coordinator", "Berit", "--people", NAMES, *DATES[2:], "--form", "short")
    planned = told(0, "series", "create", "our-check", *words, "--dry-run")
    assert "until 09:30  Where we stand" in planned
    assert "Mind:" not in planned


def test_the_language_is_the_authors_where_none_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("LC_ALL", "nn_NO.UTF-8")
    told(0, "new", "vaar-sjekk", "--folder", "programme/sjekk to")
    there = tmp_path / "programme" / "sjekk to"
    assert {path.name for path in there.iterdir()} == {"programme.yaml", "nn.yaml"}
    assert read(there).programme.programme == "vaar-sjekk"


def test_comments_say_what_every_kind_does_in_its_own_words():
    comments = re.findall(r"# ?(.*)", starting.start("p", ("en",))["programme.yaml"])
    spoken = " ".join(" ".join(comments).split())
    for kind in KINDS:
        assert spoken.count(said(kind)) == 1, kind.WORD
    listed = re.findall(r"- ([a-z-]+) \((steps|plenum|steps and plenum)\): ", spoken)
    assert {("pairs", "plenum"), ("break", "steps and plenum"), ("again", "steps")} <= set(listed)
    assert spoken.count("The time box of a live meeting, in minutes.") == 1
    assert max(map(len, starting.start("p", ("en",))["programme.yaml"].splitlines())) <= 120


def test_an_editor_finds_the_schema_beside_it(tmp_path):
    told(0, "new", "our-check", "--language", "en", "--schema")
    first = (tmp_path / "our-check" / "programme.yaml").read_text("utf-8").splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads((tmp_path / "our-check" / named).read_text("utf-8"))["$defs"]["ask"]["description"]
    assert not report("our-check").problems


@pytest.mark.parametrize("name", ["2027", "null", "1e3", "2027-01-12"])
def test_a_name_is_a_name_whatever_else_it_could_be(name):
    told(0, "new", name, "--folder", "here")
    assert read("here").programme.programme == name


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        (("Vår sjekk",), "Write: var-sjekk"),
        (("programmes/mine",), "Write: programmes-mine"),
        (("¡",), "Write: my-programme"),
        (("a" * 51,), f"50 at most. Write: {'a' * 50}"),
        (("culture",), "'culture' comes with Runda. Choose another, such as: my-culture"),
        (("mine", "--language", "de"), "'de' is not one of 'nb', 'nn', 'sv', 'en'"),
        ((), "Missing argument 'NAME'"),
    ],
)
def test_wrong_use_has_a_way_out_and_leaves_nothing(words, way_out, tmp_path):
    assert way_out in " ".join(told(MISUSED, "new", *words).split())
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(tmp_path):
    told(0, "new", "mine")
    before = {path: path.read_bytes() for path in (tmp_path / "mine").iterdir()}
    (tmp_path / "file").write_text("mine", "utf-8")
    for folder in ("mine", "file"):
        output = told(MISUSED, "new", "mine", "--folder", folder, "--language", "sv")
        assert f"There is something in {folder} already, and nothing was written." in output
    assert {path: path.read_bytes() for path in (tmp_path / "mine").iterdir()} == before
    assert (tmp_path / "file").read_text("utf-8") == "mine"
    assert "file" in told(FAILED, "new", "mine", "--folder", "file/below")
    (tmp_path / "empty").mkdir()
    told(0, "new", "mine", "--folder", "empty")
