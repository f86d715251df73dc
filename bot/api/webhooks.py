"""Webhooks: addresses that are told of what has changed; where they may lead, and how a call is signed.

A call is signed as Standard Webhooks says, so that its libraries can check it. The secret of a webhook is made from
this installation's own and the webhook's number: it stands nowhere, and a backup that is put back makes the same.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from base64 import b64encode
from datetime import datetime
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, func, insert, select, update

from bot.api import tokens
from bot.series.problems import SeriesProblem
from storage import tables as t

#: What this installation's own is called among its secrets.
SECRET = "webhooks"
#: Characters of an address.
LONGEST = 500
#: Addresses of IPv4 that are written as IPv6 by a network's gateway (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def make(connection: Connection, organisation: int, url: str, now: datetime, *, private: bool) -> int:
    """Returns its number. Raises SeriesProblem where the address may not be called."""
    if why := refused(url, private=private):
        raise SeriesProblem(why)
    row = {"organisation_id": organisation, "url": url, "private": private, "since": now}
    return int(connection.execute(insert(t.webhooks).returning(t.webhooks.c.id), row).scalar_one())


def stop(connection: Connection, organisation: int, number: int, now: datetime) -> bool:
    """Tell it nothing more: what waits is dropped. Returns whether there was one that was told."""
    if not tokens.end(connection, t.webhooks, organisation, number, now):
        return False
    connection.execute(update(t.calls).where(*_waits(number)).values(status="dropped"))
    return True


def waiting(connection: Connection, number: int) -> int:
    """How many calls of a webhook have not been taken yet, nor given up."""
    return connection.execute(select(func.count()).select_from(t.calls).where(*_waits(number))).scalar_one()


def _waits(number: int) -> tuple[Any, ...]:
    return t.calls.c.webhook_id == number, t.calls.c.status == "waiting"


def listed(connection: Connection, organisation: int) -> list[Row[Any]]:
    """All that there have been, in the order in which they were made."""
    w = t.webhooks.c
    return list(
        connection.execute(select(t.webhooks).where(w.organisation_id == organisation).order_by(w.id))
    )


# -- where it may lead


def refused(url: str, *, private: bool) -> str | None:
    """Why this address may not be called; None: it may, as far as it can be seen from the address alone."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "That is no address."
    if len(url) > LONGEST or not host or parts.username is not None or parts.password is not None:
        return f"An address is https://…, with a host, without a name or a password, in at most {LONGEST} characters."
    if parts.scheme != "https" and not (parts.scheme == "http" and private and _loopback(host)):
        return "An address begins with https://. With --private, this machine itself may be http://."
    if not private and (_loopback(host) or not public(host)):
        return f"{host} leads to a private network. If it is meant to, say so: --private"
    return None


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def public(host: str) -> bool:
    """Whether an address of IP is on the open internet. A name may be: it is seen when it is looked up."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return True
    if isinstance(found, IPv6Address):
        inside = [
            each for each in (found.ipv4_mapped, found.sixtofour, *(found.teredo or ())) if each is not None
        ]
        if found in _NAT64 or not all(public(str(each)) for each in inside):
            return False
        if found.ipv4_mapped is not None:
            return True
    return found.is_global and not found.is_multicast


# -- how it is signed


def key(own: str, number: int) -> bytes:
    """The webhook's key. `own`: this installation's, `Database.secret(SECRET)`."""
    return hmac.digest(bytes.fromhex(own), str(number).encode(), hashlib.sha256)


def secret(key: bytes) -> str:
    """What the receiver checks calls with, as it is shown."""
    return f"whsec_{b64encode(key).decode()}"


def signed(key: bytes, name: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of a call. `name`: the call's own, the same each time it is tried."""
    at = str(int(now.timestamp()))
    sign = b64encode(hmac.digest(key, f"{name}.{at}.".encode() + body, hashlib.sha256)).decode()
    return {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": f"v1,{sign}"}
