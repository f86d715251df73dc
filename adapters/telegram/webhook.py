"""Updates, sent to us: answered with 200 when they are stored, and with 500 when they shall be brought again.

Telegram sends one update of a chat at a time, and the same again, later each time, until it is answered with 200.
Whoever knows the address could send us anything: so each request must carry the secret that Telegram was given.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from adapters.telegram.hearing import NotStored

log = logging.getLogger(__name__)

#: Where Telegram puts the secret.
HEADER = "X-Telegram-Bot-Api-Secret-Token"
#: Bytes of one update: far more than the longest message with what it replies to.
MOST = 1_000_000
OK, MALFORMED, FORBIDDEN, TOO_LARGE, AGAIN = 200, 400, 403, 413, 500

_decode = msgspec.json.Decoder().decode


class Webhook:
    def __init__(self, url: str, token: str, take: Callable[[Any], Awaitable[None]]) -> None:
        """`url` is what Telegram sends to, path included; `take` raises NotStored."""
        self.url, self._take = url, take
        self.path = urlsplit(url).path or "/"
        self.secret = secret(token, url)

    async def answer(self, said: str | None, body: bytes) -> int:
        """The status to answer with. `said` is the header that carries the secret."""
        if not hmac.compare_digest((said or "").encode(errors="replace"), self.secret.encode()):
            return FORBIDDEN
        if len(body) > MOST:
            return TOO_LARGE
        try:
            raw = _decode(body)
        except ValueError:
            return MALFORMED
        try:
            await self._take(raw)
        except NotStored as fault:
            log.warning("not stored: %s", fault)
            return AGAIN
        return OK


def secret(token: str, url: str) -> str:
    """Made from the token, so that it need not be kept, and every replica has the same."""
    return hmac.new(token.encode(), f"webhook {url}".encode(), hashlib.sha256).hexdigest()
