"""Who somebody is, and who is in a place, as Slack knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from adapters.port import Address, Known, Refused
from adapters.slack import limits, names
from adapters.slack.client import Client, Json
from adapters.slack.workspaces import Installation

#: Requests at the same time; a hundred a minute are allowed.
AT_ONCE = 5
#: Slack speaks neither Norwegian nor, to most, Swedish: that somebody has it in English says nothing of what they
#: would rather read. So English is no choice here; a person makes it with Runda.
LANGUAGES = {"nb": "nb", "no": "nb", "nn": "nn", "sv": "sv"}


class People:
    def __init__(self, client: Client) -> None:
        self.client = client
        #: Until Slack tells that somebody has changed.
        self._known: dict[tuple[str, str], Known] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)

    def forget(self, workspace: str, account: str) -> None:
        self._known.pop((workspace, account), None)

    async def who(self, there: Installation, accounts: Collection[str]) -> list[Known]:
        found = await asyncio.gather(*(self._who(there, each) for each in dict.fromkeys(accounts)))
        return [known for known in found if known is not None]

    async def _who(self, there: Installation, account: str) -> Known | None:
        key = there.workspace, account
        if key not in self._known:
            try:
                async with self._gate:
                    answer = await self._ask(there, "users.info", user=account, include_locale=True)
            except Refused:
                return None
            self._known[key] = known(answer["user"])
        return self._known[key]

    async def members(self, there: Installation, place: Address) -> list[str]:
        if names.is_person(place.channel):
            return [place.channel]
        accounts: list[str] = []
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await self._ask(
                there, "conversations.members", channel=place.channel, limit=limits.PAGE, **more
            )
            accounts += page["members"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        people = await self.who(there, [each for each in accounts if each != there.account])
        return [each.account for each in people if not each.bot]

    async def _ask(self, there: Installation, method: str, **asked: Any) -> Json:
        return await self.client.call(
            there.token, method, f"{names.NAME}/{there.workspace}/{method}", **asked
        )


def known(user: Json) -> Known:
    """What Slack says of somebody, as far as it concerns us."""
    profile = user.get("profile") or {}
    called = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    language = str(user.get("locale") or "").replace("_", "-").partition("-")[0]
    return Known(
        account=user["id"], name=next(filter(None, called), user["id"]), language=LANGUAGES.get(language),
        bot=bool(user.get("is_bot")) or user["id"] == "USLACKBOT", gone=bool(user.get("deleted")),
    )  # fmt: skip
