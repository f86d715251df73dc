"""What a message may mean beside its words: a control, a number, a verdict.

`understand` looks only at the message as a whole, knows nothing of the session, and never changes a word of
it. The engine gets the reading and the reply's id; the words stay in the reply's row. So a log of events can
be replayed after every reply in it has been erased.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, TypeVar, get_args

from msgspec import Struct

ControlWord = Literal["here", "next", "back", "more", "pause", "resume", "was-answer", "aside", "help"]
VerdictWord = Literal["yes", "no", "extra", "done", "under-way", "dropped"]
Mark = Literal["note", "finding", "action"]
#: What somebody asks for in private about what is kept of them.
OwnWord = Literal["show", "erase", "idea"]
W = TypeVar("W", bound=str)
CONTROLS: tuple[ControlWord, ...] = get_args(ControlWord)
VERDICTS: tuple[VerdictWord, ...] = get_args(VerdictWord)
MARKS: tuple[Mark, ...] = get_args(Mark)

#: Where in a vocabulary the phrases of each word stand.
_CONTROLS = {f"control.{word}": word for word in CONTROLS}
_VERDICTS = {f"verdict.{word}": word for word in VERDICTS}
_MARKS = {f"mark.{mark}": mark for mark in MARKS}
_OWN: dict[str, OwnWord] = {"own.show": "show", "own.erase": "erase", "own.idea": "idea"}

#: Numbers people answer by are those the bot itself has numbered; more digits than this are a year or an amount.
MOST_DIGITS = 2
_NUMBERED = re.compile(r"(?P<number>\d{1,2})\s*(?P<sep>[:.)?–-]?)\s*(?P<rest>.*)", re.DOTALL)
#: Before the words of a line of a list; «3.5» and «12.10» are numbers.
_LISTED = re.compile(r"\d{1,2}\s*[.)]\s*(?!\d)")
#: With more words than this, «everyone» is not all that was said of who it is.
FEW_WORDS = 4
#: Where a sentence ends: not at a number («kl. 9», «3.5») nor at an abbreviation of one or two letters («bl.a.»).
_ENDS = re.compile(r"[.!?…](?<=\w{3}.)[.!?…]*(?:\s+|$)|\n+")
#: Between the cells of a row: a dash that joins no words, a semicolon, a bar.
_BETWEEN = re.compile(r"\s+[–—-]+(?=\s)|[;|]")
#: What people put around a word and mean nothing by: stops, any language's quotation marks, emoji, as signs and as
#: Slack's `:wave:`, and smileys. No «?» and no dash: those are signs of their own.
_AROUND = r"(?:[\s.!…»«\"'“”„‘’\u2190-\u2bff\ufe0f\u200d\u20e3\U0001f000-\U0001faff]|:[a-z+][a-z0-9_+-]*:|[:;]-?[()])*"
_BEFORE, _BEHIND = re.compile(_AROUND), re.compile(rf"{_AROUND}\Z")
#: Characters: longer than any phrase of a vocabulary, so that whatever is longer is none.
PHRASE = 64
#: At least two numbers, or signs for «I do not know» beside a number, with spaces, commas or semicolons between them.
_DIGITS = re.compile(r"(?:\d{1,2}|[?x–-])(?:[\s,;]+(?:\d{1,2}|[?x–-]))+")


class Plain(Struct, frozen=True, tag="plain"):
    """Words, and nothing else."""


class Control(Struct, frozen=True, tag="control"):
    """A control word that was the whole message: «next», «five more minutes»."""

    word: ControlWord


class Help(Struct, frozen=True, tag="help"):
    """A question about a numbered point: «3?», «help 3»."""

    number: int


class Count(Struct, frozen=True, tag="count"):
    """A bare number: a head count, or a choice from a list."""

    number: int


class Verdict(Struct, frozen=True, tag="verdict"):
    """«2 yes», «1 done»; without a number where only one thing is asked about."""

    number: int | None
    word: VerdictWord


class Rewording(Struct, frozen=True, tag="rewording"):
    """«2: in other words»; the words are `rest_of` the reply."""

    number: int


class Listed(Struct, frozen=True, tag="listed"):
    """«2. words», «2) words»: where a numbered list is asked about, a rewording; elsewhere an answer like any other."""

    number: int


class Marked(Struct, frozen=True, tag="marked"):
    """A message that says itself what it is: «Finding: …»; the words are `rest_of` the reply."""

    mark: Mark


class Marking(Struct, frozen=True, tag="marking"):
    """«Note» as a whole message: written as a reply to another message, it says what that one is."""

    mark: Mark


class Digits(Struct, frozen=True, tag="digits"):
    """Several numbers and nothing else, «3 2 ? 0»; empty where they were somebody's own, and are kept elsewhere."""

    numbers: tuple[int, ...] = ()


Reading: TypeAlias = Plain | Control | Help | Count | Verdict | Rewording | Listed | Marked | Marking | Digits


def understand(words: str, vocabulary: Mapping[str, Sequence[str]]) -> Reading:
    """Read one whole message.

    `vocabulary` holds the series language's own words: keys `control.next`, `verdict.yes`, `mark.note`,
    `help.point`, each a list of phrases in lower case.
    """
    plain = _folded(words)
    if word := _listed(plain, vocabulary, _CONTROLS):
        return Control(word)
    read = _helped(plain, vocabulary) or _judged(plain, vocabulary) or _marked(words, vocabulary)
    return read or _marking(plain, vocabulary) or _digits(plain)


def own(words: str, vocabulary: Mapping[str, Sequence[str]]) -> OwnWord | None:
    """What a private message, as a whole, asks for: to be shown what is kept of its author, or to have it erased;
    or it says that there is an idea."""
    return _listed(_folded(words), vocabulary, _OWN)


def enough(words: str, vocabulary: Mapping[str, Sequence[str]]) -> bool:
    """Whether a message, as a whole, asks that nothing be asked between sessions any more."""
    return _folded(words) in vocabulary.get("close-by.enough", ())


class Shape(Struct, frozen=True):
    """What can be seen of words without understanding them, for a step that asks for a certain form."""

    sentences: int
    #: Words in all.
    words: int
    #: It begins as a question about ways: «how can we».
    how: bool = False
    #: It names a means or a thing to get, and so may be a solution.
    solution: bool = False
    #: It names nobody in particular: «everyone», «we».
    everyone: bool = False


def shape(words: str, vocabulary: Mapping[str, Sequence[str]]) -> Shape:
    """The shape of what `rest_of` leaves of a message."""
    plain = " ".join(rest_of(words).lower().split())
    ends = [end for end in _ENDS.split(plain) if re.search(r"\w", end)]
    said = " ".join(["", *re.findall(r"[\w-]+", plain), ""])

    def has(key: str) -> bool:
        return any(f" {phrase} " in said for phrase in vocabulary.get(key, ()))

    how = any(plain.startswith(phrase) for phrase in vocabulary.get("shape.how", ()))
    words_in_all = len(said.split())
    everyone = words_in_all <= FEW_WORDS and has("shape.everyone")
    return Shape(len(ends), words_in_all, how, has("shape.solution"), everyone)


def rest_of(words: str) -> str:
    """What was meant to stand: «2: so» and «Finding: so» both mean «so»."""
    head, colon, tail = words.partition(":")
    return tail.strip() if colon and tail.strip() and len(head) <= 20 else words.strip()


def bare(words: str, vocabulary: Mapping[str, Sequence[str]], *, rewords: bool = False) -> str:
    """Without the mark by which somebody called it a finding, or the number of what it rewords.

    `rewords`: it is known to, so «2. so» is «so» too.
    """
    if ":" not in words and not rewords:
        return words  # neither marked nor a rewording
    reading = understand(words, vocabulary)
    if rewords and isinstance(reading, Listed):
        return _LISTED.sub("", words.strip(), count=1).strip()
    return rest_of(words) if isinstance(reading, Marked | Rewording) else words


def shortened(words: str, most: int) -> str:
    """At most so many characters of what somebody wrote, cut after a word, with «…» for what is left out."""
    if len(words) <= most:
        return words
    found = re.match(rf".{{1,{most}}}(?!\S)", words, re.DOTALL)
    return f"{(found[0] if found else words[:most]).rstrip()} …"


def cells(words: str, n: int) -> tuple[str, ...]:
    """A row of a table with at most `n` columns, as people write one: with dashes, semicolons or bars between."""
    return tuple(each.strip() for each in _BETWEEN.split(words, maxsplit=n - 1)) if n > 1 else (words,)


def _folded(words: str) -> str:
    plain = _BEFORE.sub("", " ".join(words.lower().split()), count=1)
    return plain if len(plain) > PHRASE or plain[-1:].isalnum() else _BEHIND.sub("", plain, count=1)


def _listed(plain: str, vocabulary: Mapping[str, Sequence[str]], words: Mapping[str, W]) -> W | None:
    """The word among whose phrases this one is."""
    if len(plain) > PHRASE:
        return None
    return next((word for key, word in words.items() if plain in vocabulary.get(key, ())), None)


def _helped(plain: str, vocabulary: Mapping[str, Sequence[str]]) -> Help | None:
    if not plain.rstrip("? ")[-1:].isdecimal():
        return None
    for phrase in ("", *vocabulary.get("help.point", ())):
        tail = plain.removeprefix(phrase).strip()
        asked = tail.endswith("?") or phrase != ""
        number = tail.rstrip("?").strip()
        if plain.startswith(phrase) and asked and number.isdecimal() and len(number) <= MOST_DIGITS:
            return Help(int(number))
    return None


def _judged(plain: str, vocabulary: Mapping[str, Sequence[str]]) -> Reading | None:
    if verdict := _verdict(plain, vocabulary):
        return Verdict(None, verdict)
    if not (match := _NUMBERED.fullmatch(plain)):
        return None
    number, rest = int(match["number"]), match["rest"].strip()
    if not rest:
        return Count(number)
    if verdict := _verdict(rest, vocabulary):
        return Verdict(number, verdict)
    if match["sep"] == ":":
        return Rewording(number)
    return Listed(number) if _LISTED.match(plain) else None


def _verdict(plain: str, vocabulary: Mapping[str, Sequence[str]]) -> VerdictWord | None:
    return _listed(plain, vocabulary, _VERDICTS)


def _marked(words: str, vocabulary: Mapping[str, Sequence[str]]) -> Marked | None:
    head, colon, tail = words.partition(":")
    if not colon or not tail.strip():
        return None
    mark = _listed(_folded(head), vocabulary, _MARKS)
    return Marked(mark) if mark else None


def _digits(plain: str) -> Reading:
    found = re.findall(r"\d+", plain) if _DIGITS.fullmatch(plain) else ()
    return Digits(tuple(map(int, found))) if found else Plain()


def _marking(plain: str, vocabulary: Mapping[str, Sequence[str]]) -> Marking | None:
    mark = _listed(plain, vocabulary, _MARKS)
    return Marking(mark) if mark else None
