"""What may go wrong with a request, on demand.

`before` means that Telegram has not taken it; `after`, that it has, and only the answer is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tests.standins.telegram.model import Chat

When: TypeAlias = Literal["before", "after"]


@dataclass(frozen=True)
class TooMany:
    """429 with retry_after, in seconds."""

    seconds: int = 3


@dataclass(frozen=True)
class Broken:
    """An answer of 500 and more; with `html`, one that is no JSON, as a gateway gives."""

    code: int = 500
    html: bool = False


@dataclass(frozen=True)
class Hang:
    """No answer: the bot has to give up waiting."""

    when: When = "before"


@dataclass(frozen=True)
class Cut:
    """The connection breaks."""

    when: When = "before"


@dataclass(frozen=True)
class Run:
    """Something happens at this very moment: a migration, a kill, a person's act. The request goes on."""

    what: Callable[[], object]
    when: When = "before"


Fault: TypeAlias = TooMany | Broken | Hang | Cut | Run


@dataclass
class Planned:
    """A fault for the next `times` requests of the method, after `skip` of them."""

    method: str
    fault: Fault
    times: int = 1
    skip: int = 0
    chat: int | None = None
    #: How often it has come.
    met: int = 0

    def meets(self, method: str, params: dict[str, Any]) -> bool:
        if self.method not in ("*", method) or self.times <= 0:
            return False
        return self.chat is None or str(params.get("chat_id")) == str(self.chat)


class Faults:
    """The plan of what is to go wrong; each request takes the first fault that meets it."""

    def __init__(self) -> None:
        self.planned: list[Planned] = []

    def plan(
        self, method: str, fault: Fault, *, times: int = 1, skip: int = 0, chat: Chat | int | None = None
    ) -> Planned:
        """`method` "*" is any; `chat`: only requests for that chat."""
        number = chat.id if isinstance(chat, Chat) else chat
        self.planned.append(Planned(method, fault, times, skip, number))
        return self.planned[-1]

    def take(self, method: str, params: dict[str, Any]) -> Fault | None:
        for each in self.planned:
            if not each.meets(method, params):
                continue
            if each.skip:
                each.skip -= 1
                continue
            each.times -= 1
            each.met += 1
            return each.fault
        return None

    @property
    def left(self) -> int:
        """How many have not come yet."""
        return sum(each.times for each in self.planned)
