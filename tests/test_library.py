"""Programmes from disk, what of them is stored, and the command `runda check`."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import flows
from bot import library
from bot.cli import runda
from bot.library import FaultyProgramme, NoSuchProgramme, content_from_json, content_json, digest, read
from flows.check import check
from flows.kinds import KINDS, Step
from flows.programme import LANGUAGES, Programme
from tests.flows.test_check import GOOD_THINGS

DATA = Path(__file__).parent / "data"

FOLDER = {
    "programme.yaml": GOOD_THINGS.partition("texts:")[0] + "pictures: {map: {file: map.png}}\n",
    "en.yaml": "rounds: {first: {best: What is best?, proud: Of what?, title: First}}\ntitle: Good things\n"
    "pictures: {map: {title: Map, alt: A map}}\n",
}
PNG = b"\x89PNG\r\n\x1a\n\x00\xff"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A programme in a folder of its own, where we are, with a picture that is not text."""
    monkeypatch.chdir(tmp_path)
    for name, content in FOLDER.items():
        (tmp_path / name).write_text(content, "utf-8")
    (tmp_path / "map.png").write_bytes(PNG)
    return tmp_path


# -- reading


def test_what_is_shipped_has_no_problems() -> None:
    assert "selfcheck" in library.shipped()
    for name in library.shipped():
        assert [str(problem) for problem in library.report(name).problems] == []
        assert read(name).programme.programme == name


def test_a_programme_that_people_would_use_takes_less_than_sixty_lines() -> None:
    """Structure and one language; and it has the others."""
    folder = Path(flows.__file__).parent / "programmes" / "retrospective"
    lines = {path.stem: len(path.read_text("utf-8").splitlines()) for path in folder.glob("*.yaml")}
    structure = lines.pop("programme")
    assert lines.keys() == set(LANGUAGES)
    assert structure + max(lines.values()) < 60


def test_the_self_check_is_read_with_its_texts_and_its_picture() -> None:
    content = read("selfcheck")
    assert list(content.texts) == list(content.programme.languages) == list(LANGUAGES)
    assert content.texts["nb"]["rounds"]["status"]["title"] == "Kartlegge status"
    assert b"<svg" in content.pictures["map"]


def test_a_folder_its_file_and_a_catalogue_in_it_are_the_same_programme(folder: Path) -> None:
    content = read(folder)
    assert content.pictures == {"map": PNG}
    assert read(folder / "programme.yaml") == content
    assert read(str(folder / "en.yaml")) == content


def test_texts_inside_and_beside_give_the_same_content(folder: Path) -> None:
    inside = folder / "good-things.yaml"
    indented = FOLDER["en.yaml"].replace("\n", "\n    ").rstrip()
    inside.write_text(f"{FOLDER['programme.yaml']}texts:\n  en:\n    {indented}\n", "utf-8")
    assert read(inside) == read(folder)
    assert content_json(read(inside)) == content_json(read(folder))


def test_only_what_is_called_as_a_language_is_a_catalogue(folder: Path) -> None:
    (folder / "notes.yaml").write_text("else: entirely", "utf-8")
    assert read(folder).texts.keys() == {"en"}
    (folder / "no.yaml").write_text("title: Gode ting", "utf-8")
    with pytest.raises(FaultyProgramme, match=r"no\.yaml:1: `no` is no language"):
        read(folder)


def test_a_file_with_its_texts_inside_does_not_mind_its_neighbours(folder: Path) -> None:
    inside = folder / "good-things.yaml"
    inside.write_text(GOOD_THINGS, "utf-8")
    (folder / "something.yaml").write_text("else: entirely", "utf-8")
    assert read(inside).texts["en"]["title"] == "Good things"


def test_a_faulty_programme_is_refused_with_all_its_problems(folder: Path) -> None:
    (folder / "map.png").unlink()
    (folder / "en.yaml").write_text("title: Good things", "utf-8")
    with pytest.raises(FaultyProgramme, match=re.escape("there is no file `map.png` beside")) as refused:
        read(folder)
    assert len(refused.value.report.problems) == 3


def test_a_picture_elsewhere_is_not_fetched(folder: Path) -> None:
    (folder.parent / "secret.png").write_bytes(b"x")
    away = FOLDER["programme.yaml"].replace("map.png", "../secret.png")
    (folder / "programme.yaml").write_text(away, "utf-8")
    with pytest.raises(FaultyProgramme, match="there is no file"):
        read(folder)


@pytest.mark.parametrize("name", ["selfchek", "nowhere/programme.yaml", "map.pgn"])
@pytest.mark.usefixtures("folder")
def test_a_programme_that_is_not_there_has_a_way_out(name: str) -> None:
    with pytest.raises(NoSuchProgramme, match=r"there is no such file or programme.*`selfcheck`") as refused:
        read(name)
    assert ("Did you mean" in str(refused.value)) is (name == "selfchek")


def test_a_shipped_name_comes_before_a_folder_of_that_name(folder: Path) -> None:
    shutil.copytree(folder, folder / "selfcheck")
    assert read("selfcheck").programme.programme == "selfcheck"
    assert read("./selfcheck").programme.programme == "good-things"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bot_has_texts_in_every_language(language: str) -> None:
    texts = library.bot_texts(language)
    assert texts["receipt"]
    assert library.bot_texts(language) is texts


def test_a_language_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(ValueError, match="choose among nb, nn, sv, en"):
        library.bot_texts("de")


# -- storing


def test_a_stored_programme_is_the_same_again() -> None:
    content = read("selfcheck")
    stored = content_json(content)
    assert content_from_json(stored) == content
    assert content_json(content_from_json(stored)) == stored
    assert "<svg" in json.loads(stored)["pictures"]["map"]


def test_a_picture_that_is_not_text_is_kept_byte_by_byte(folder: Path) -> None:
    stored = content_json(read(folder))
    assert base64.b64encode(PNG).decode() in stored
    assert content_from_json(stored).pictures == {"map": PNG}


def test_the_digest_follows_the_words_and_not_their_order(folder: Path) -> None:
    before = digest(content_json(read(folder)))
    lines = FOLDER["en.yaml"].splitlines()
    (folder / "en.yaml").write_text("\n".join(reversed(lines)), "utf-8")
    assert digest(content_json(read(folder))) == before
    (folder / "en.yaml").write_text(FOLDER["en.yaml"].replace("best?", "better?"), "utf-8")
    assert digest(content_json(read(folder))) != before
    assert re.fullmatch(r"[0-9a-f]{64}", before)


def _has(kind: type[Step], key: str) -> bool:
    return any((field.alias or name) == key for name, field in kind.model_fields.items())


def test_every_kind_of_step_is_stored_with_its_word_first() -> None:
    """A step is read by its first key, so that is how it has to be written."""
    needed = {"of": "x", "items": ["a"], "fields": ["b", {"field": "c", "of": "b"}], "from": "y"}
    steps = [
        {kind.WORD: "a-name", **{key: value for key, value in needed.items() if _has(kind, key)}}
        for kind in KINDS
    ]
    rounds = [{"round": "all", "steps": steps}]
    programme = Programme.model_validate({"programme": "p", "languages": ["en"], "rounds": rounds})
    dumped = programme.model_dump(mode="json", by_alias=True)
    assert [next(iter(step)) for step in dumped["rounds"][0]["steps"]] == [kind.WORD for kind in KINDS]
    assert Programme.model_validate(dumped) == programme


@pytest.mark.parametrize("stored", ["[]", "{}", '{"schema": 2}', "no json"])
def test_what_is_no_stored_programme_is_refused(stored: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (json has its own words)
        content_from_json(stored)


# -- the command


def run(*arguments: str) -> Result:
    return CliRunner().invoke(runda, ["check", *arguments], prog_name="runda")


def test_a_good_programme_is_told_in_one_line() -> None:
    result = run("selfcheck")
    assert result.output == "selfcheck: 3 rounds, 4 languages, no problems\n"
    assert result.exit_code == 0


def test_one_of_something_is_told_as_one(folder: Path) -> None:
    assert run(str(folder)).output == "good-things: 1 round, 1 language, no problems\n"


def test_twenty_faults_give_twenty_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The golden file is the command's own output; after a change: runda check faulty, from tests/data."""
    monkeypatch.chdir(DATA)
    result = run("faulty")
    assert result.exit_code == 2
    assert result.output == (DATA / "faulty" / "expected.txt").read_text("utf-8")
    assert result.output.endswith("faulty: 20 problems in 3 files\n")


def test_the_twenty_faults_are_told_where_their_comments_are() -> None:
    paths = sorted((DATA / "faulty").glob("*.yaml"), reverse=True)  # the programme first
    sources = {path.name: path.read_text("utf-8") for path in paths}
    report = check(sources, beside=list(sources))
    told = sorted((problem.file, problem.line) for problem in report.problems)
    marked = [
        (name, number)
        for name, content in sources.items()
        for number, line in enumerate(content.splitlines(), 1)
        if re.search(r"\S.*# \d+: ", line)
    ]
    assert told == sorted(marked)
    assert len(told) == 20


def test_all_that_is_named_is_checked(folder: Path) -> None:
    (folder / "en.yaml").write_text(FOLDER["en.yaml"].replace("alt: A map", "alt: ''"), "utf-8")
    result = run("selfcheck", str(folder))
    assert result.exit_code == 2
    assert result.output.splitlines() == [
        "selfcheck: 3 rounds, 4 languages, no problems",
        f"{folder}/en.yaml:3: the text `pictures.map.alt` is empty. Write it, or remove the line.",
        f"{folder}: 1 problem in 1 file",
    ]


def test_a_name_that_is_mistyped_gets_the_nearest() -> None:
    result = run("selfchekc")
    assert result.exit_code == 2
    assert "Did you mean `selfcheck`?" in result.output
    assert "Traceback" not in result.output


def test_the_help_says_what_to_write() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "runda check selfcheck" in result.output
