"""Finding everything that is wrong with a programme, in one go.

`check` is handed the text of the files and returns problems, each with its place and its remedy; it reads
nothing itself. Four passes do not wait for each other, so that no fault hides another:

- `tree` reads each file by itself, and remembers where every value stands;
- `shape` holds the programme file against its models: keys, types, ranges;
- `rules` looks at how its parts fit together, on an outline that a faulty file has too;
- `words` lays every language's texts over what the programme asks for.

Only a file that cannot be read at all is silent about the rest of itself. There are no warnings: what does no
harm is not told, and what is told has to be mended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from flows.check import rules, shape, words
from flows.check.outline import Outline, mapping, outline, step_named
from flows.check.problem import Fault, Problem, named
from flows.check.tree import Tree, read
from flows.check.words import Catalogue
from flows.programme import LANGUAGES, Programme

__all__ = ["Problem", "Report", "check"]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. Programme and texts are there when nothing is wrong, and only then."""

    #: By file and line.
    problems: tuple[Problem, ...]
    programme: Programme | None = None
    #: The texts by language, in the order of the programme, nested as they were written.
    texts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def check(sources: Mapping[str, str | bytes], *, beside: Collection[str] | None = None) -> Report:
    """Check one programme.

    `sources` holds the content by file name: first the programme file, then the catalogues beside it, each
    called by its language (`nb.yaml`). Bytes are read as UTF-8. `beside` are the names of all files in the
    same folder, for the pictures; without it nobody is told that one is missing.
    Raises ValueError without any source.
    """
    if not sources:
        raise ValueError("there is nothing to check: give the programme file first")
    structure, *others = (read(file, content) for file, content in sources.items())
    catalogues = [*_inline(structure), *(Catalogue(_language(tree.file), tree) for tree in others)]
    seen = None if structure.broken else outline(structure.data, beside)
    problems = [problem for tree in (structure, *others) for problem in tree.problems]
    if seen is not None:
        found = chain(shape.faults(structure.data), rules.faults(seen), _listed(seen, catalogues))
        problems += (_placed(structure, fault) for fault in found)
    problems += _texts(seen, catalogues)
    if problems:
        return Report(tuple(sorted(set(problems), key=lambda problem: problem.place)))
    return _good(structure, catalogues)


def _good(structure: Tree, catalogues: list[Catalogue]) -> Report:
    programme = Programme.model_validate(structure.data)
    texts = {each.language: each.texts for each in catalogues}
    return Report((), programme, {language: texts[language] for language in programme.languages})


def _placed(tree: Tree, fault: Fault) -> Problem:
    return tree.problem(fault, step_named(tree.data, fault.path))


# -- the catalogues as a whole


def _language(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".yaml")


def _inline(structure: Tree) -> Iterator[Catalogue]:
    """Texts in the programme file itself; a language that nobody knows is told with the shape."""
    for language in mapping(mapping(structure.data).get("texts")):
        if language in LANGUAGES:
            yield Catalogue(language, structure, ("texts", language))


def _listed(seen: Outline, catalogues: list[Catalogue]) -> Iterator[Fault]:
    """Every language of the programme has texts."""
    there = {each.language for each in catalogues}
    for at, language in enumerate(seen.languages):
        if language in LANGUAGES and language not in there:
            remedy = f"Add `{language}.yaml` beside this file, or take `{language}` off the list"
            yield Fault(("languages", at), f"there are no texts in `{language}`", remedy)


def _texts(seen: Outline | None, catalogues: list[Catalogue]) -> Iterator[Problem]:
    want = words.wanted(seen) if seen else None
    readable = [each for each in catalogues if not each.tree.broken]
    for at, each in enumerate(readable):
        unused = _unused(each, seen, readable[:at])
        found = [unused] if unused else list(words.faults(each, want))
        yield from (_placed(each.tree, fault) for fault in found)


def _unused(each: Catalogue, seen: Outline | None, before: list[Catalogue]) -> Fault | None:
    """A catalogue that nobody would read."""
    language = f"`{each.language}`"
    if each.language not in LANGUAGES:
        remedy = f"Choose among {named(LANGUAGES)}"
        return Fault(each.at, f"{language} is no language that Runda speaks", remedy)
    if any(other.language == each.language for other in before):
        return Fault(each.at, f"the texts in {language} stand in the programme file too", "Keep one of them")
    if seen and seen.languages and each.language not in seen.languages:
        remedy = f"Add {language} to `languages`, or remove these texts"
        return Fault(each.at, f"{language} is not among the programme's languages", remedy)
    return None
