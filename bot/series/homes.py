"""Where a series is: on which platform its people have accounts, and in which channel each circle lives.

On the terminal, places and accounts are made up from names. Everywhere else they are there already, and are named:
a channel that all groups share, with a thread for each meeting of each, or one for every group. A group may be on
another platform than its series; its home decides, and the series' platform is only what is meant where nothing
is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from adapters.terminal.names import NAME as TERMINAL
from adapters.terminal.names import WORKSPACE as LOCAL
from bot.series.grouping import Group, one_of
from bot.series.problems import SeriesProblem
from flows.forms import At, Named, Sentence

if TYPE_CHECKING:
    from bot.series.planning import Wish

#: Where a group gets its chat later, by a code; and not everybody may use it at work.
TELEGRAM = "telegram"
BOT = (
    "On Telegram the bot is the workspace, and Runda does not know which it is. Put the bot's token into "
    "TELEGRAM_BOT_TOKEN; or say --workspace with the number that the token begins with."
)
#: Platforms where each meeting opens a thread of its own in its circle's home, whichever channel that is. On Telegram
#: that is so in some groups, which is learned from Telegram.
THREADED = frozenset({"slack"})
#: Platforms that tell of no deletion: whoever takes a message back says so with a command.
DELETE_UNHEARD = frozenset({TELEGRAM})
#: Platforms that neither list who is in a place, nor show a word there to one person alone.
UNLISTED = frozenset({TELEGRAM})


class Where(NamedTuple):
    """A channel or an account, fully named."""

    platform: str
    workspace: str
    id: str

    @property
    def threads(self) -> bool:
        return self.platform in THREADED


class Homes:
    """Where the circles and people of what is wished for are."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.named = wish.platform != TERMINAL

    @property
    def workspace(self) -> str:
        return (self.wish.workspace or "") if self.named else LOCAL

    def settle(self, at: At, near: Where | None = None) -> Where:
        """What was written, with what was left out taken from what it stands `near`, or from the series."""
        platform = at.platform or (near.platform if near else self.wish.platform)
        if platform == TERMINAL:
            return Where(TERMINAL, LOCAL, at.id)
        workspace = at.workspace
        if workspace is None and near is not None and near.platform == platform:
            workspace = near.workspace
        if workspace is None and platform == self.wish.platform:
            workspace = self.wish.workspace
        if not workspace:
            written = f"{platform}/WORKSPACE/{at.id}"
            words = f"In which workspace of {platform} is {at.id}? Say it with --workspace, or as {written}."
            alone = platform == TELEGRAM == self.wish.platform
            raise _about("workspace", Sentence(BOT if alone else words, "no-workspace"))
        return Where(platform, workspace, at.id)

    def of_group(self, group: Group) -> Where | None:
        """None where it gets one later: made for it on the terminal, brought with a code on Telegram.

        Raises SeriesProblem where it is missing.
        """
        at = group.at or self.wish.channel
        if at is None and self.wish.platform == TELEGRAM:
            self.settle(At(group.name))  # the bot is to be known, also where all come in by codes
            return None
        if at is None and self.named:
            words = (
                f"{group.name} has no channel. Name one for all, or one for each: “{group.name}@CHANNEL: …”."
            )
            raise _about("channel", Sentence(words, "no-channel", group=group.name))
        return self.settle(at) if at else None

    def of_everyone(self, groups: Sequence[Group], *, meets: bool) -> Where | None:
        """Where everyone meets: the channel that was named, or the one that all groups share.

        None where nobody does, or where they get one later. Raises SeriesProblem where it is missing.
        """
        if at := self.wish.everyone or self.wish.channel:
            return self.settle(at)
        found = {self.of_group(group) for group in groups}
        if len(found) == 1 and None not in found:
            return found.pop()
        if meets and self.named and self.wish.platform != TELEGRAM:
            words = "The groups have channels of their own: say in which channel everyone meets."
            raise _about("everyone", Sentence(words, "no-plenum"))
        return None

    def of_managers(self, groups: Sequence[Group]) -> Where | None:
        """Where managers read together, if they do. Raises SeriesProblem for where a group of theirs talks."""
        if self.wish.managers_place is None:
            return None
        found = self.settle(self.wish.managers_place)
        if found in {self.of_everyone(groups, meets=False), *map(self.of_group, groups)}:
            raise not_managers(found)
        return found

    def of_person(self, one: Named, group: Group | None = None) -> Where | None:
        """Their account; None on the terminal, where one is made. Raises SeriesProblem where it is missing."""
        near = self.of_group(group) if group is not None else None
        if one.at is not None:
            return self.settle(one.at, near)
        if self.named or near is not None:
            platform = near.platform if near else self.wish.platform
            words = f"{one.name} has no account on {platform}. Write it in angle brackets: {one.name} <ID>."
            raise SeriesProblem(Sentence(words, "no-account", name=one.name))
        return None


def with_accounts(roles: Sequence[Named], taking_part: Sequence[Named]) -> tuple[Named, ...]:
    """People with a role, who may be named by name alone where they take part and have said who they are."""
    known = [one for one in taking_part if one.at is not None]
    names = {one.name.casefold() for one in known}
    return tuple(
        one_of(known, one, "participant") if one.at is None and one.name.casefold() in names else one
        for one in roles
    )


def not_managers(where: Where) -> SeriesProblem:
    """What is for managers is not posted where a group of the series talks, nor to one person alone."""
    words = (
        f"{where.id} is where a group of the series talks, or one person alone. Name a channel of the managers' own, "
        "or the person as a manager."
    )
    return _about("managers_place", Sentence(words, "not-managers"))


def _about(field: str, why: Sentence) -> SeriesProblem:
    problem = SeriesProblem(why)
    problem.field = field
    return problem
