"""Requests to Slack: each once, with its answer or what its failure means.

slack_sdk sends a request again when the connection breaks, also after Slack has taken it (seen: two messages). It
is told not to: whoever asked knows how to find out.
"""

from __future__ import annotations

from typing import Any, TypeAlias
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import errors, quiet
from adapters.slack.errors import Unclear

Json: TypeAlias = dict[str, Any]

SLACK = "https://slack.com/api/"
#: Seconds for a whole request, and of these for the connection.
PATIENCE, CONNECT = 10, 4
#: Requests on their way at the same time, and connections that are kept for the next ones.
CONNECTIONS = 50


class Client:
    """`address` is of Slack's Web API: another's for GovSlack, or of a local server."""

    def __init__(self, address: str | None = None) -> None:
        self.address = f"{(address or SLACK).rstrip('/')}/"
        self._session: aiohttp.ClientSession | None = None
        self._webs: dict[str, AsyncWebClient] = {}

    def web(self, token: str = "") -> AsyncWebClient:
        """slack_sdk's own client, on our connections; only while an event loop runs."""
        session = self._opened()
        if token not in self._webs:
            web = AsyncWebClient(token or None, base_url=self.address, timeout=PATIENCE, session=session,
                                 retry_handlers=[], logger=quiet.logger())  # fmt: skip
            web.proxy = None if direct(self.address) else web.proxy
            self._webs[token] = web
        return self._webs[token]

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._webs.clear()
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=PATIENCE, connect=CONNECT),
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            )
        return self._session

    async def call(self, token: str, method: str, bucket: str = "", **arguments: Any) -> Json:
        """One request; `method` as Slack writes it, `bucket` what a 429 closes, usually the method's own.

        Raises Refused, Shut, Later and Unclear.
        """
        answer, _ = await self.ask(token, method, bucket, **arguments)
        return answer

    async def ask(self, token: str, method: str, bucket: str = "", **arguments: Any) -> tuple[Json, Any]:
        """As `call`; also the answer's headers."""
        request = getattr(self.web(token), method.replace(".", "_"))
        failed: Exception
        try:
            response = await request(**arguments)
        except SlackClientError as fault:
            failed = _meaning(fault, bucket or method)
        except (aiohttp.ClientError, OSError) as fault:
            failed = Unclear(f"no answer to {method}: {type(fault).__name__}")
        else:
            return response.data, response.headers
        raise failed  # outside of the block: what Slack answered may quote what people wrote

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _meaning(fault: SlackClientError, bucket: str) -> Exception:
    response: Any = getattr(fault, "response", None)
    status = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    answer = getattr(response, "data", None)
    return errors.told(int(status), answer, getattr(response, "headers", None) or {}, bucket)


def direct(address: str) -> bool:
    """Whether a proxy of the environment is left aside. slack_sdk looks at no_proxy no more than at loopback."""
    host = urlsplit(address).hostname or ""
    return host in ("localhost", "127.0.0.1", "::1") or bool(proxy_bypass(host))
