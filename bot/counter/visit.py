"""One visit: a transaction, the visitor, and the words of their language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, select

from adapters.port import Capabilities, Known, Sheet, Written
from bot.counter.visitor import Visitor
from bot.series.deciding import tell_all
from bot.series.office import Change, Office
from bot.series.problems import SeriesProblem
from flows.calendar import LocalMoment, resolve
from flows.forms import Sentence
from flows.language import Catalogue
from storage import tables as t
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.work import Works

#: Where neither the visitor nor their organisation has a language, and where no organisation has a zone.
LANGUAGE, ZONE = "en", "UTC"
#: Between an act and its numbers.
SEPARATOR = ":"


class NotYours(Exception):
    """The visitor may not do this. `who`: names of those who may, as far as the visitor is to know them."""

    def __init__(self, key: str, who: Iterable[str] = ()) -> None:
        super().__init__(key)
        self.key, self.who = key, tuple(who)


class Gone(Exception):
    """What a sheet is about is not there, or not any more."""


class Wrong(Exception):
    """A sheet cannot be used as it was filled in: what is wrong, in words, by blank."""

    def __init__(self, by_blank: Mapping[str, str]) -> None:
        super().__init__()
        self.by_blank = dict(by_blank)


@dataclass(frozen=True, slots=True)
class Next:
    """What comes after an act: the page with that name, and what is told at its top."""

    page: str
    told: tuple[str, ...] = ()


@dataclass(slots=True)
class Visit:
    """Made for one opening or one handing in, and thrown away with its transaction."""

    connection: Connection
    works: Works
    visitor: Visitor
    now: datetime
    capabilities: Capabilities
    #: What the platform said of accounts that are named in the sheet, by account.
    known: Mapping[str, Known] = field(default_factory=dict)
    #: Those who are in the channel that the sheet names.
    members: Sequence[Known] = ()
    #: The zone in which times are said.
    zone: str = ZONE
    #: Our message whose button was pressed, and the person's message that was marked.
    message: str | None = None
    about: str | None = None
    #: The replies whose words the sheet shows.
    quotes: list[int] = field(default_factory=list)
    #: Blocks at the top of the sheet that tell what has just been done.
    told: int = 0
    #: What this handing in is known by.
    key: str = ""

    def __post_init__(self) -> None:
        if self.visitor.organisation is not None:
            self.zone = self.visitor.organisation.zone

    # -- words

    @property
    def language(self) -> str:
        owner = self.visitor.organisation
        return self.visitor.language or (owner.language if owner is not None else LANGUAGE)

    @property
    def catalogue(self) -> Catalogue:
        return self.works.shelf.catalogue(self.language, self.zone)

    def say(self, key: str, /, **params: Any) -> str:
        return self.catalogue.say(key, now=self.now, **{name: _param(one) for name, one in params.items()})

    def tell(self, words: str) -> str:
        """What the command line says in English, in the visitor's language."""
        if isinstance(words, Sentence):
            for key in (f"counter.told.{words.code}", f"form.why.{words.code}", words.code):
                if key in self.catalogue:
                    return self.say(key, **words.params)
        return self.say("counter.told.other")

    # -- rows

    @property
    def unit(self) -> Unit:
        return Unit(self.connection)

    @property
    def organisation(self) -> Any:
        """Raises Gone where there is none yet."""
        if self.visitor.organisation is None:
            raise Gone
        return self.visitor.organisation

    def all(self, statement: Select[Any]) -> list[Any]:
        return list(self.connection.execute(statement))

    def office(self, series: int) -> Office:
        """A series of the visitor's own organisation; from now on times are said in its zone. Raises Gone."""
        s = t.series.c
        mine = select(t.series).where(s.id == series, s.organisation_id == self.organisation.id)
        row = self.connection.execute(mine).first()
        if row is None:
            raise Gone
        self.zone = row.zone
        return Office(self.connection, row, self.visitor.actor, self.now)

    def carried(self, page: str, change: Change) -> Next:
        """What a change tells sessions under way, told in this transaction; then that page."""
        outcomes = tell_all(self.works, self.connection, change.orders, self.now)
        told = [self.tell(words) for words in change.told]
        if left := sum(outcome not in ("applied", "known") for outcome in outcomes):
            told.append(self.say("counter.told.left-alone", n=left))
        return Next(page, tuple(told))


def _param(value: Any) -> Any:
    if isinstance(value, LocalMoment):
        return resolve(value)
    return value if isinstance(value, str | int | date) else str(value)


def name_of(act: str, *numbers: object) -> str:
    """What a sheet is called."""
    return SEPARATOR.join([act, *map(str, numbers)])


def problem_as_wrong(visit: Visit, problem: SeriesProblem, sheet: Sheet) -> Wrong:
    """A problem at the blank that it is about, otherwise at the first. Raises ValueError for a sheet without blanks."""
    names = [blank.name for blank in sheet.blanks]
    if not names:
        raise ValueError("a sheet without blanks has no place for a fault")
    where = problem.field if problem.field in names else names[0]
    return Wrong({where: visit.tell(problem.why or "")})


def text_of(written: Mapping[str, Written], name: str) -> str:
    """What was written in a blank for one text; "" for none."""
    value = written.get(name)
    return value.strip() if isinstance(value, str) else ""


def texts_of(written: Mapping[str, Written], name: str) -> tuple[str, ...]:
    """What was chosen in a blank for several."""
    value = written.get(name)
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(value) if isinstance(value, tuple | list) else ()


Maker = Callable[..., Sheet]
