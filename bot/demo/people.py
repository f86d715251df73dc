"""How the played colleagues reach the house: as everybody does at the terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path

from adapters.terminal import parse
from adapters.terminal.door import knock
from adapters.terminal.parse import Request


class People:
    """Everybody's end of the terminal's door: one request after the other, each answered when it is stored."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def at(cls, folder: Path) -> People:
        return cls(*await asyncio.open_unix_connection(sock=knock(folder)))

    async def send(self, request: Request) -> parse.Answer:
        self._writer.write(parse.to_line(request))
        return parse.answer(await self._reader.readline())

    async def close(self) -> None:
        self._writer.close()
