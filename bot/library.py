"""Programmes and texts on disk, and the form in which a programme is stored.

A programme is named by where it lies (a folder, its `programme.yaml`, or one file with its texts inside), or
by the name under which it is shipped. What is read is checked first: nothing else in the house ever meets a
faulty one. A round is pinned to the *content* as it was when the round opened: structure, texts and pictures
as one JSON text, known by its digest, so that a later edit of the files changes no meeting that has begun.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.language import Catalogue
from flows.programme import LANGUAGES, Programme

# What reads and checks files is loaded when there is one to read: a house that runs has its programmes stored.
if TYPE_CHECKING:
    from flows.check import Report

STRUCTURE = "programme.yaml"
#: What is called as a language is, known to us or not, is meant as a catalogue.
_CATALOGUE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]+)?\.yaml")
#: The shape of what `content_json` writes.
SCHEMA = 1
#: How a picture that is not text begins, once it is stored.
_BINARY = "data:;base64,"


class NoSuchProgramme(LookupError):
    """Neither a file or folder, nor a shipped programme, is called so."""

    def __init__(self, name: str) -> None:
        near = get_close_matches(name, shipped(), 1)
        meant = f"Did you mean `{near[0]}`? " if near else ""
        known = ", ".join(f"`{each}`" for each in shipped())
        super().__init__(f"{name}: there is no such file or programme. {meant}Shipped with Runda: {known}.")
        self.name = name


class FaultyProgramme(ValueError):
    """A programme that cannot be used; `report` holds every problem, with its place and remedy."""

    def __init__(self, report: Report) -> None:
        super().__init__("\n".join(str(problem) for problem in report.problems))
        self.report = report


@dataclass(frozen=True, slots=True)
class Content:
    """All that a programme is: structure (without texts), texts by language, pictures by their names."""

    programme: Programme
    texts: Mapping[str, Mapping[str, Any]]
    pictures: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a programme lies, and how its files are called in what people read."""

    folder: Traversable
    file: str
    shown: Path
    #: It comes with Runda, and changes as little as its code does.
    ours: bool = False

    def sources(self) -> dict[str, bytes]:
        """The programme file first; the catalogues beside it only if it is one that leaves them there."""
        catalogues = sorted(filter(_CATALOGUE.fullmatch, self.beside()))
        names = [self.file, *(catalogues if self.file == STRUCTURE else ())]
        return {str(self.shown / name): (self.folder / name).read_bytes() for name in names}

    def beside(self) -> set[str]:
        return {each.name for each in self.folder.iterdir() if each.is_file()}

    def report(self) -> Report:
        return _once(self) if self.ours else self.check()

    def check(self) -> Report:
        from flows.check import check

        return check(self.sources(), beside=self.beside())


@cache
def _once(place: _Place) -> Report:
    """Whoever plans a series waits for this; it is the same each time."""
    return place.check()


# -- reading


def shipped() -> list[str]:
    """The names of the programmes that come with Runda."""
    return sorted(each.name for each in _shelf().iterdir() if (each / STRUCTURE).is_file())


def _shelf() -> Traversable:
    return files("flows") / "programmes"


def report(path_or_name: str | Path) -> Report:
    """Check a programme. Raises NoSuchProgramme, and OSError for a file that may not be read."""
    return _find(str(path_or_name)).report()


def read(path_or_name: str | Path) -> Content:
    """Read a programme.

    Raises NoSuchProgramme, FaultyProgramme, and OSError for a file that may not be read.
    """
    place = _find(str(path_or_name))
    found = place.report()
    if found.programme is None:
        raise FaultyProgramme(found)
    shown = found.programme.pictures.items()
    pictures = {name: (place.folder / picture.file).read_bytes() for name, picture in shown}
    return Content(found.programme.model_copy(update={"texts": {}}), found.texts, pictures)


def _find(name: str) -> _Place:
    """A shipped programme's name comes before a folder of the same name; `./name` means the folder."""
    if name in shipped():
        return _Place(_shelf() / name, STRUCTURE, Path(name), ours=True)
    path = Path(name)
    folder, file = (path, STRUCTURE) if path.is_dir() else (path.parent, path.name)
    if path.stem in LANGUAGES and (folder / STRUCTURE).is_file():  # a catalogue: its programme is meant
        file = STRUCTURE
    if not (folder / file).is_file():
        raise NoSuchProgramme(name)
    return _Place(folder, file, folder)


@cache
def bot_texts(language: str) -> Mapping[str, Any]:
    """The bot's own texts in one language, nested as they are written, read once.

    Raises ValueError for a language that Runda does not speak.
    """
    from flows.check.tree import read as read_yaml

    if language not in LANGUAGES:
        spoken = ", ".join(LANGUAGES)
        raise ValueError(f"`{language}` is no language that Runda speaks; choose among {spoken}")
    file = files("flows") / "texts" / f"{language}.yaml"
    tree = read_yaml(file.name, file.read_bytes())
    if tree.problems:
        raise ValueError("\n".join(str(problem) for problem in tree.problems))
    return dict(tree.data)


@lru_cache(maxsize=64)
def bot_catalogue(language: str, zone: str) -> Catalogue:
    """The same, ready to be said to readers in a zone."""
    return Catalogue(language, bot_texts(language), zone)


# -- storing


def text_of(content: Content, language: str, key: str) -> str:
    """A text of the whole programme, such as `title` or `about`: in that language, else in its first; "": none."""
    texts = content.texts.get(language) or content.texts[content.programme.languages[0]]
    return str(texts.get(key, ""))


def form_title(content: Content, language: str, name: str) -> str:
    """What a form is called in that language; its name, where the programme does not say."""
    titles = content.texts.get(language, {}).get("forms", {})
    return str(titles.get(name, name))


def content_json(content: Content) -> str:
    """A programme as one text, the same for the same programme, in whatever order its texts were written."""
    stored = {
        "schema": SCHEMA,
        "programme": content.programme.model_dump(mode="json", by_alias=True, exclude={"texts"}),
        "texts": _sorted(content.texts),
        "pictures": {name: _as_text(content.pictures[name]) for name in sorted(content.pictures)},
    }
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))


def content_from_json(stored: str) -> Content:
    """The programme that `content_json` wrote. Raises ValueError on anything else."""
    shape = json.loads(stored)
    if not isinstance(shape, dict) or shape.get("schema") != SCHEMA:
        raise ValueError(f"this is no stored programme of schema {SCHEMA}; a newer Runda may have written it")
    pictures = {name: _as_bytes(text) for name, text in shape["pictures"].items()}
    return Content(Programme.model_validate(shape["programme"]), shape["texts"], pictures)


def digest(stored: str) -> str:
    """What a stored programme is known by: SHA-256 in hexadecimal of its `content_json`."""
    return hashlib.sha256(stored.encode()).hexdigest()


def _sorted(texts: Any) -> Any:
    """Texts by key: their order means nothing, while the order of steps and forms means everything."""
    return {key: _sorted(texts[key]) for key in sorted(texts)} if isinstance(texts, Mapping) else texts


def _as_text(picture: bytes) -> str:
    try:
        return picture.decode()
    except UnicodeDecodeError:
        return _BINARY + base64.b64encode(picture).decode()


def _as_bytes(text: str) -> bytes:
    return base64.b64decode(text.removeprefix(_BINARY)) if text.startswith(_BINARY) else text.encode()
