"""What people saw, as files to be read: `RUNDA_UPDATE=1` writes them anew, and the difference is reviewed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.standins.slack.transcript import shown

GOLDEN = Path(__file__).parent / "golden"
UPDATE = bool(os.environ.get("RUNDA_UPDATE"))


def held_to(name: str, came: str) -> None:
    """Compare with the file of that name, or write it."""
    file = GOLDEN / f"{name}.txt"
    if UPDATE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(came, "utf-8")
    expected = file.read_text("utf-8") if file.exists() else ""
    assert came == expected, f"if this is right: RUNDA_UPDATE=1 pytest tests/platforms ({file.name})"


def threads(slack: Any, channel: Any, roots: Sequence[str]) -> str:
    """Those of a channel's messages that stand by themselves, with their threads, in this order."""
    found = _entries(slack, channel)
    return "\n".join(found[root] for root in roots)


def others(slack: Any, channel: Any, roots: Sequence[str]) -> str:
    """What stands in a channel besides."""
    found = _entries(slack, channel)
    return "\n".join(entry for ts, entry in found.items() if ts not in roots)


def _entries(slack: Any, channel: Any) -> dict[str, str]:
    """By the time stamp of what stands by itself: it, and its thread."""
    place = slack.where(channel)
    everything = sorted([*place.messages.values(), *place.ephemerals], key=lambda each: each.ts)
    alone = [
        each.ts
        for each in everything
        if shown(each) and (not each.is_reply or each.subtype == "thread_broadcast")
    ]
    entries: list[list[str]] = []
    for line in slack.transcript(channel).splitlines()[2:]:
        if line.startswith((" ", "*")) or not line:
            entries[-1].append(line)
        else:
            entries.append([line])
    assert len(entries) == len(alone)
    return {ts: "\n".join(entry) + "\n" for ts, entry in zip(alone, entries, strict=True)}
