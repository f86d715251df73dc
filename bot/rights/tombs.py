"""What is remembered of what was erased: hashes with this installation's key, that lead to nobody without it.

- Of a message: its place and its id in it. A late event about it brings nothing back.
- Of a message in a private place also the address, since the place itself is forgotten with its person.
- Of an account: nobody else takes it in again. Whoever comes by themselves, with a code or by a button, is welcome.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, delete, select

from storage import tables as t
from storage.upsert import insert_into

Tomb: TypeAlias = Callable[[int, str], str]
Account: TypeAlias = tuple[str, str, str]  # platform, workspace, account
#: No place has this number.
NOWHERE = 0
#: The name of the key among the secrets.
KEY = "tombstones"


def of_account(tomb: Tomb, account: Account) -> str:
    return tomb(NOWHERE, "account/" + "/".join(account))


def of_private(tomb: Tomb, place: Any, message: str) -> str:
    """`place` has platform, workspace and channel."""
    return tomb(NOWHERE, f"message/{place.platform}/{place.workspace}/{place.channel}/{message}")


def of_message(tomb: Tomb, place: Any, message: str) -> set[str]:
    """All that is remembered of one message; `place` is a row of `places`, or of `storage.unit.PlaceRow`."""
    found = {tomb(place.id, message)}
    return found | {of_private(tomb, place, message)} if place.person_id is not None else found


def bury(connection: Connection, hashes: Iterable[str], at: datetime) -> None:
    rows = [{"hash": one, "at": at} for one in sorted(set(hashes))]
    if rows:
        new = insert_into(t.tombstones, connection.dialect.name)
        connection.execute(new.on_conflict_do_nothing(), rows)


def erased(connection: Connection, accounts: Collection[Account]) -> set[Account]:
    """Those of these accounts whose people have had themselves erased here."""
    from bot.wiring import tomb_maker

    key = connection.execute(select(t.secrets.c.value).where(t.secrets.c.name == KEY)).scalar()
    if key is None or not accounts:
        return set()
    hashes = {of_account(tomb_maker(str(key)), each): each for each in accounts}
    there = select(t.tombstones.c.hash).where(t.tombstones.c.hash.in_(list(hashes)))
    return {hashes[row.hash] for row in connection.execute(there)}


def welcome(connection: Connection, tomb: Tomb, account: Account) -> bool:
    """Somebody who was erased asks to be known here again. Returns False where nothing was remembered of them."""
    there = t.tombstones.c.hash == of_account(tomb, account)
    return connection.execute(delete(t.tombstones).where(there)).rowcount > 0
