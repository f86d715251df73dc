"""The texts of a programme: which there must be, which nobody would read, and what they may look like.

`wanted` draws the catalogue that an outline asks for, and every catalogue is laid over it. Where a left-over
text and a missing one are nearly called the same, somebody has mistyped a name: that is told once.

A programme's texts are said as they stand. Only `{place}` is put into them, the name of the municipality or whatever
it is; any other `{name}` in one is a fault, in whichever language has it; braces that people are to see are doubled,
as `flows.language` reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from flows.check.outline import Outline, SeenRound, number
from flows.check.problem import Fault, Path, named, nearest
from flows.check.shape import shown
from flows.check.tree import Tree
from flows.language import placeholders

#: What may be put into a programme's text: the name of the place where it is gone through.
FILLED = ("place",)
#: A catalogue as it should be: True for a text that must be there, False for one that may.
Wanted: TypeAlias = "dict[str, bool | Wanted]"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language: a file of their own, or a part of the programme file (`at` leads to it)."""

    language: str
    tree: Tree
    at: Path = ()

    @property
    def texts(self) -> Any:
        value = self.tree.data
        for part in self.at:
            value = value[part]
        return value


def wanted(seen: Outline) -> Wanted:
    """The catalogue that a programme needs."""
    rounds: Wanted = {}
    for at, each in enumerate(seen.rounds):
        if each.id:
            later = any(step.word == "recap" for after in seen.rounds[at + 1 :] for step in after.everything)
            rounds[each.id] = _round(each, recalled=later)
    pictures: Wanted = {name: _picture(number(each.get("points"))) for name, each in seen.pictures.items()}
    # What a form is called where one is chosen; its own name, where that is not said.
    forms: Wanted = dict.fromkeys(seen.forms, False)
    return {
        "title": True,
        "about": False,
        "source": False,
        "forms": forms,
        "rounds": rounds,
        "pictures": pictures,
    }


def _round(each: SeenRound, *, recalled: bool) -> Wanted:
    """A round's theme is what a later recap calls it. A step of an unknown kind may have a text."""
    steps: Wanted = {}
    for step in each.everything:
        texts = step.kind.texts(step.raw) if step.kind else False
        if step.id and (step.kind is None or texts):
            steps[step.id] = texts
    return {**steps, "title": True, "theme": recalled}


def _picture(points: int) -> Wanted:
    point: Wanted = {"label": True, "help": True}
    numbered: Wanted = {"points": {str(n): point for n in range(1, points + 1)}} if points else {}
    return {"title": True, "alt": True, **numbered}


def faults(catalogue: Catalogue, want: Wanted | None) -> Iterator[Fault]:
    """Everything wrong with one catalogue; `want` is None where the programme file could not be read."""
    texts, at = catalogue.texts, catalogue.at
    if not isinstance(texts, dict):
        what = "there are no texts here" if texts is None else f"here is {shown(texts)} instead of texts"
        yield Fault(at, what, "Begin with `title: ` and the programme's title")
        return
    if want is not None:
        yield from _against(want, texts, at)
    for path, value in _leaves(at, texts):
        yield from _leaf(path, value)


# -- laid over what is wanted


def _against(want: Wanted, texts: Mapping[str, Any], at: Path) -> Iterator[Fault]:
    missing = [key for key in want if key not in texts and _needed(want[key])]
    for key, value in texts.items():
        inner = want.get(key)
        if inner is None and _cut_off(key, value):
            continue  # told as a text, of which it is the rest
        if inner is None:
            meant = nearest(key, missing)
            if meant:
                missing.remove(meant)
            yield _left_over((*at, key), meant)
        elif isinstance(inner, dict) and isinstance(value, dict):
            yield from _against(inner, value, (*at, key))
        elif isinstance(inner, dict):
            what = f"`{key}` is {shown(value)}, and should have texts below it"
            yield Fault((*at, key), what, f"Write {named(inner)} below it, indented")
        elif isinstance(value, dict):
            what = f"`{key}` is {shown(value)}, and should be one text"
            yield Fault((*at, key), what, "Write the text itself")
    yield from (_missing((*at, key), want[key]) for key in missing)


def _needed(want: bool | Wanted) -> bool:
    return want if isinstance(want, bool) else any(_needed(inner) for inner in want.values())


def _left_over(path: Path, meant: str | None) -> Fault:
    what = f"nothing in the programme has use for `{_dotted(path)}`"
    return Fault(path, what, f"Rename it `{meant}`, which is missing" if meant else "Remove it")


def _cut_off(key: object, value: object) -> bool:
    """`{help: So, and so}` is a text «So», and a key «and so» that has none."""
    return value is None and " " in str(key)


def _missing(path: Path, want: bool | Wanted) -> Fault:
    called, key = _dotted(path), path[-1]
    if isinstance(want, bool):
        return Fault(path, f"the text `{called}` is missing", f"Add `{key}: ` and the text")
    below = named(inner for inner in want if _needed(want[inner]))
    return Fault(path, f"the texts of `{called}` are missing", f"Add `{key}:` with {below} below it")


def _dotted(path: Path) -> str:
    inside = path[2:] if path[:1] == ("texts",) else path
    return ".".join(map(str, inside))


# -- each text by itself


def _leaves(at: Path, texts: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(texts, dict):
        for key, value in texts.items():
            yield from _leaves((*at, key), value)
    else:
        yield at, texts


def _leaf(path: Path, value: Any) -> Iterator[Fault]:
    called = f"the text `{_dotted(path)}`"
    if path and _cut_off(path[-1], value):
        what = f"a comma within braces ends a text, so that `{path[-1]}` has become a key"
        yield Fault(path, what, "Put quotes around the whole text")
    elif value is None or (isinstance(value, str) and not value.strip()):
        yield Fault(path, f"{called} is empty", "Write it, or remove the line")
    elif not isinstance(value, str):
        yield Fault(path, f"{called} is {shown(value)}", "Put it in quotes")
    elif strange := _strange(value):
        yield Fault(path, f"{called} has {strange}", "Remove it, or double the braces to have them seen")


def _strange(written: str) -> str | None:
    """What stands in a text as if something could be put into it."""
    try:
        names = sorted(placeholders(written))
    except ValueError:
        return "a brace without its other half, or something else than a name in braces"
    names = [name for name in names if name not in FILLED]
    return f"a place for {named('{' + name + '}' for name in names)}, which nothing fills" if names else None
