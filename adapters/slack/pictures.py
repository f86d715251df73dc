"""Pictures in messages: a file in the workspace, and a message that shows it.

- Slack shows no drawings (SVG): `draw` makes a picture of dots of one. Where it cannot, or a workspace has not let us
  send files, a picture is its words, in full.
- A file is sent once to a workspace, and into no channel: it is seen in the messages that show it, and nowhere else. So
  a message with a picture is one request, with its token, like any other: after a crash there is no more to look for.
- Slack takes a moment before it can show what is new, and refuses the message so long (seen: about a second,
  https://github.com/slackapi/python-slack-sdk/issues/1521). The message waits, and in the end is told in words.

https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TypeAlias

from adapters.port import Block, Later, Refused, Shut, Spoken
from adapters.slack import limits, names
from adapters.slack.client import Client
from adapters.slack.wording import cut, length
from adapters.slack.workspaces import Installation

log = logging.getLogger(__name__)

#: From a drawing (SVG) to a picture (PNG); None: it cannot be made here.
Draw: TypeAlias = Callable[[bytes], bytes | None]

SCOPE = "files:write"
NAME = "runda.png"
#: Seconds that a message waits for Slack to be able to show a new file, and how often, before it is told in words.
WAIT, TRIES = 2.0, 3
#: What Slack answers until then.
UNSEEN = "invalid_blocks"


class Pictures:
    def __init__(self, client: Client, draw: Draw) -> None:
        self._client, self._draw = client, draw
        #: Ids by workspace and drawing; None: it is told in words there.
        self._files: dict[tuple[str, str], str | None] = {}
        self._waited: Counter[str] = Counter()
        self._one_by_one = asyncio.Lock()

    async def of(self, there: Installation, spoken: Spoken) -> dict[bytes, str]:
        """The files that show the drawings of a message; what is missing is told in words."""
        found: dict[bytes, str] = {}
        for block in spoken.blocks:
            fits = block.kind == "picture" and 0 < length(block.words.strip()) <= limits.ALT
            if fits and block.file and (file := await self._file(there, block, block.file)):
                found[block.file] = file
        return found

    def not_yet(self, token: str, bucket: str) -> None:
        """Slack cannot show a file of this message. Raises Later, and after some times nothing any more."""
        self._waited[token] += 1
        if self._waited[token] < TRIES:
            raise Later(bucket, WAIT)
        del self._waited[token]

    async def _file(self, there: Installation, block: Block, drawing: bytes) -> str | None:
        """Its id. Groups that open at the same time send it once."""
        key = there.workspace, sha256(drawing).hexdigest()
        async with self._one_by_one:
            if key not in self._files:
                try:
                    self._files[key] = await self._sent(there, block, drawing)
                except (Refused, Shut) as refused:
                    log.warning("pictures are told in words, Slack takes no files: %s", refused)
                    self._files[key] = None
                except (Later, OSError) as away:
                    log.warning("a picture is told in words this time: %s", away)
                    return None
            return self._files[key]

    async def _sent(self, there: Installation, block: Block, drawing: bytes) -> str | None:
        """Raises as the client."""
        if there.scopes and SCOPE not in there.scopes:
            return None
        dots = await asyncio.to_thread(self._draw, drawing)
        if dots is None:
            return None
        title, alt = words(block)
        answer = await self._client.call(
            there.token, "files.upload_v2", f"{names.NAME}/{there.workspace}/files", content=dots, filename=NAME,
            title=title, alt_txt=cut(alt, limits.FILE_ALT),
        )  # fmt: skip
        return str(answer["files"][0]["id"])


def words(block: Block) -> tuple[str, str]:
    """What a picture is called, and what it shows."""
    title, _, alt = block.words.strip().partition("\n")
    return title, alt.strip() or title


def shown(block: Block, files: Mapping[bytes, str]) -> str | None:
    """The file that shows this block, if there is one."""
    return files.get(block.file) if block.kind == "picture" and block.file else None
