"""What people write to Runda in four languages: that it is understood, and that answers stay answers."""

from __future__ import annotations

import re

import pytest

from flows import reading
from flows.programme import LANGUAGES
from flows.reading import (
    Control,
    Count,
    Digits,
    Help,
    Listed,
    Marked,
    Plain,
    Rewording,
    Verdict,
    bare,
    rest_of,
    shortened,
    understand,
)
from tests.flows.catalogues import QUOTES, catalogue


def phrases(language: str, start: str) -> list[tuple[str, str]]:
    found = catalogue(language).vocabulary().items()
    return [
        (key.removeprefix(start), phrase)
        for key, listed in found
        if key.startswith(start)
        for phrase in listed
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_vocabulary_has_every_word_that_is_understood_and_no_other(language: str) -> None:
    wanted = {f"control.{word}" for word in reading.CONTROLS} | {
        f"verdict.{word}" for word in reading.VERDICTS
    }
    wanted |= {f"mark.{mark}" for mark in reading.MARKS} | {"help.point", "own.show", "own.erase", "own.idea"}
    wanted |= {"close-by.enough"}
    wanted |= {f"shape.{seen}" for seen in ("how", "solution", "everyone")}
    assert set(catalogue(language).vocabulary()) == wanted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "written",
    ["{}", "{}.", "  {}! ", "«{}»", "“{}”", "”{}”", "{} 😊", "👋🏽 {}!", "{} :wave::skin-tone-2:", "{} :-)"],
)
def test_every_control_phrase_is_understood(language: str, written: str) -> None:
    words = catalogue(language).vocabulary()
    for word, phrase in phrases(language, "control."):
        assert understand(written.format(phrase.capitalize()), words) == Control(word), phrase  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_is_understood_with_and_without_a_number(language: str) -> None:
    words = catalogue(language).vocabulary()
    for word, phrase in phrases(language, "verdict."):
        assert understand(phrase.upper(), words) == Verdict(None, word), phrase  # type: ignore[arg-type]
        assert understand(f"2 {phrase}.", words) == Verdict(2, word), phrase  # type: ignore[arg-type]
        assert understand(f"12: {phrase}", words) == Verdict(12, word), phrase  # type: ignore[arg-type]


def test_a_number_with_a_sign_is_a_number_so_that_a_secret_one_is_not_posted() -> None:
    """«2 👍» in the thread was an answer like any other, and «2 :thumbsup:» put finding 2 in the words “thumbsup:”."""
    words = catalogue("en").vocabulary()
    for written in ("2 👍", "2 :thumbsup:", "2️⃣", "“2”"):
        assert understand(written, words) == Count(2), written
    assert understand("2 no 😢", words) == Verdict(2, "no")
    assert understand("3 2 ? 0", words) == Digits((3, 2, 0))


def test_a_line_of_a_list_is_told_from_a_number_and_keeps_its_words_unless_it_rewords() -> None:
    """«1. Other words», in answer to a list, was neither a rewording nor anything else, and nobody was told."""
    words = catalogue("en").vocabulary()
    assert bare("1. 5 bridges", words, rewords=True) == "5 bridges"
    for written in ("1. The harbour", "1) The harbour", "1 . The harbour", "1.The harbour"):
        assert understand(written, words) == Listed(1), written
        assert bare(written, words, rewords=True) == "The harbour", written
        assert bare(written, words) == written
    assert understand("1: The harbour", words) == Rewording(1)
    assert bare("1: The harbour", words) == bare("1: The harbour", words, rewords=True) == "The harbour"
    assert understand("1. yes", words) == Verdict(1, "yes")
    for number in ("3.5 million of them", "12.10 is too early", "2 of us", "1.", "2024. It was a good year"):
        assert not isinstance(understand(number, words), Listed), number
        assert bare(number, words, rewords=True) == number


def test_what_is_long_is_cut_after_a_word() -> None:
    assert shortened("The harbour", 11) == "The harbour"
    assert shortened("The harbour, the school", 11) == "The …"
    assert shortened("The harbour and the school", 11) == "The harbour …"
    assert shortened("The\n\nharbour", 5) == "The …"
    assert shortened("x" * 12_000, 5) == "xxxxx …"


@pytest.mark.parametrize("written", ["👍", ":wave:", "…", "“”", "no :1:"])
def test_signs_alone_say_nothing(written: str) -> None:
    assert understand(written, catalogue("en").vocabulary()) == Plain()


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_and_marks_are_understood(language: str) -> None:
    words = catalogue(language).vocabulary()
    for phrase in words["help.point"]:
        assert (
            understand(f"{phrase} 3", words) == understand(f"{phrase.capitalize()} 3?", words) == Help(3)
        ), phrase
    for mark, phrase in phrases(language, "mark."):
        written = f"{phrase.capitalize()}: 3 broer: to nye"
        assert understand(written, words) == Marked(mark), phrase  # type: ignore[arg-type]
        assert rest_of(written) == "3 broer: to nye", phrase


def test_no_phrase_means_two_things_in_any_of_the_languages() -> None:
    """Someone who writes Swedish in a Norwegian group must never be taken to mean the opposite."""
    meanings: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for key, listed in catalogue(language).vocabulary().items():
            assert len(set(listed)) == len(listed), (language, key)
            for phrase in listed if not key.startswith("help.") else ():
                assert len(phrase) < reading.PHRASE - 24, phrase
                meanings.setdefault(phrase, set()).add(key)
    assert {phrase: found for phrase, found in meanings.items() if len(found) > 1} == {}


#: What people answer to questions like the self-check's, in a word or a few.
ORDINARY = {
    "nb": "penger|folk|nettverk|kompetanse|naboen|ingen|vet ikke|enig|alle|tid|det tar tid|mer|mer penger|2030|"
    "punkt 3|hjelp til frivillige|vi trenger hjelp|neste år|neste generasjon|her hos oss|her i bygda|en pause fra"
    " driften|tilbake til start|fem minutter unna|videregående|samarbeid videre|vi er her for innbyggerne",
    "nn": "pengar|folk|nettverk|kompetanse|naboen|ingen|veit ikkje|samd|alle|tid|det tek tid|meir|meir pengar|2030|"
    "punkt 3|hjelp til frivillige|vi treng hjelp|neste år|her hos oss|her i bygda|tilbake til start|fem minutt unna|"
    "vidaregåande|vi er her for innbyggjarane|vidare samarbeid",
    "sv": "pengar|folk|nätverk|kompetens|grannen|ingen|vet inte|håller med|alla|tid|det tar tid|mer|mer pengar|2030|"
    "punkt 3|hjälp till frivilliga|vi behöver hjälp|nästa år|här hos oss|här i byn|tillbaka till start|"
    "fem minuter bort|vidare samarbete|vi är här för invånarna|inget svar",
    "en": "money|people|networks|skills|the neighbour|nobody|i do not know|agreed|everyone|time|it takes time|more|"
    "more money|2030|point 3|help from volunteers|we need help|next year|here in town|back to the start|"
    "five minutes away|we are here for the inhabitants|no answer",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_ordinary_answers_stay_answers(language: str) -> None:
    words = catalogue(language).vocabulary()
    for answer in ORDINARY[language].split("|"):
        assert not isinstance(understand(answer, words), Control | Help | Marked), answer


# -- what the texts tell people to write

#: Where a text gives people something to write, in quotation marks.
TOLD = (
    "meeting.here", "picture.help", "note.next", "release.how", "follow-up.how", "control.taken", "control.paused",
    "control.help", "control.help-async", "lobby.nobody",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_people_are_told_to_write_is_understood(language: str) -> None:
    words, quotes = catalogue(language).vocabulary(), QUOTES[language]
    for key in TOLD:
        told = re.findall(f"{quotes[0]}([^{quotes}]*){quotes[1]}", catalogue(language).say(key, word="", n=1))
        for written in filter(None, told):
            assert not isinstance(understand(written, words), Plain), (key, written)
        assert any(told), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_names_every_control(language: str) -> None:
    words = catalogue(language).vocabulary()
    quoted = re.findall(
        f"[{QUOTES[language]}]([^{QUOTES[language]}\n]+)", catalogue(language).say("control.help")
    )
    understood = {one.word for each in quoted if isinstance(one := understand(each, words), Control)}
    assert understood == set(reading.CONTROLS)


#: Buttons of kinds of step, by their texts, and the press that each is.
WRITTEN = {
    "release-all": "yes", "release-none": "no", "go-on": "yes", "not-yet": "no", "join-in": "yes", "stay-out": "no",
    "there": "yes", "again": "no", "extra": "extra",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_button_can_also_be_written(language: str) -> None:
    bot = catalogue(language)
    for word in reading.CONTROLS:
        assert understand(bot.say(f"choice.{word}"), bot.vocabulary()) == Control(word), word
    for key, verdict in WRITTEN.items():
        said = understand(bot.say(f"choice.{key}"), bot.vocabulary())
        assert said == Verdict(None, verdict), key  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_an_action_stands_is_said_as_people_write_it(language: str) -> None:
    bot = catalogue(language)
    for state in ("done", "under-way", "dropped"):
        said = bot.say(f"action.state.{state}")
        assert understand(f"1 {said}", bot.vocabulary()) == Verdict(1, state), said
