"""A text apart from its marks: Telegram's HTML read as strictly as Telegram reads it.

Offsets and lengths are in UTF-16 units, as everywhere in the Bot API. Tags must be Telegram's own,
must nest and must be closed; only &lt; &gt; &amp; &quot; and numbers are named characters, any
other & stays as it is written. What people and bots write gets its commands, mentions and addresses.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.standins.telegram.errors import Refusal, bad

Entity = dict[str, Any]

PLAIN = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "code": "code", "pre": "pre", "blockquote": "blockquote",
}  # fmt: skip
TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[\w.:-]+))?)*)\s*>"
)
ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([\w.:-]+)))?")
CHARACTER = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)])"
    r"|(?<![\w/@])(?P<bot_command>/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z][A-Za-z0-9_]{3,31})\b"
)


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, offset: int, length: int) -> str:
    """A piece of the text, offset and length in UTF-16 units."""
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


@dataclass
class Reading:
    """What has been read so far: the visible text, open tags, finished entities."""

    text: str = ""
    open: list[tuple[str, int, Entity | None]] = field(default_factory=list)
    done: list[Entity] = field(default_factory=list)


def unparsed(words: str) -> Refusal:
    return bad(f"can't parse entities: {words}")


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The visible text and its entities; raises Telegram's refusal for what is not its HTML."""
    reading, at = Reading(), 0
    while at < len(source):
        if source[at] == "<":
            at = tag(source, at, reading)
        elif source[at] == "&" and (found := CHARACTER.match(source, at)):
            reading.text += character(found)
            at = found.end()
        else:
            reading.text += source[at]
            at += 1
    if reading.open:
        raise unparsed(f'Can\'t find end tag corresponding to start tag "{reading.open[-1][0]}"')
    return reading.text, reading.done


def character(found: re.Match[str]) -> str:
    name, decimal, hexadecimal = found.groups()
    return NAMED[name] if name else chr(int(decimal) if decimal else int(hexadecimal, 16))


def tag(source: str, at: int, reading: Reading) -> int:
    """Takes the tag that starts here; gives the place after it."""
    place = len(source[:at].encode())
    found = TAG.match(source, at)
    if found is None:
        raise unparsed(f"Unclosed or unsupported tag at byte offset {place}")
    closing, name, attributes = found[1], found[2].lower(), found[3]
    if closing:
        close(name, place, reading)
    else:
        entity = opened(name, attributes, place, reading)
        reading.open.append((name, units(reading.text), entity))
    return found.end()


def close(name: str, place: int, reading: Reading) -> None:
    if not reading.open:
        raise unparsed(f"Unexpected end tag at byte offset {place}")
    expected, start, entity = reading.open.pop()
    if expected != name:
        raise unparsed(
            f'Unmatched end tag at byte offset {place}, expected "</{expected}>", found "</{name}>"'
        )
    length = units(reading.text) - start
    if entity is not None and length:
        reading.done.append(entity | {"offset": start, "length": length})


def opened(name: str, raw: str, place: int, reading: Reading) -> Entity | None:
    """The entity that the start tag begins; None where it only adds to the one around it."""
    given = {found[1].lower(): next((v for v in found.groups()[1:] if v is not None), "")
             for found in ATTRIBUTE.finditer(raw)}  # fmt: skip
    if name == "code" and reading.open and reading.open[-1][0] == "pre" and "class" in given:
        (reading.open[-1][2] or {})["language"] = given["class"].removeprefix("language-")
        return None
    if name == "blockquote" and "expandable" in given:
        return {"type": "expandable_blockquote"}
    if name == "span" and given.get("class") == "tg-spoiler":
        return {"type": "spoiler"}
    if name == "tg-emoji" and given.get("emoji-id"):
        return {"type": "custom_emoji", "custom_emoji_id": given["emoji-id"]}
    if name == "a" and given.get("href"):
        return link(CHARACTER.sub(character, given["href"]))
    if name not in PLAIN:
        raise unparsed(f'Unsupported start tag "{name}" at byte offset {place}')
    return {"type": PLAIN[name]}


def link(url: str) -> Entity:
    return {"type": "text_link", "url": url}


def trimmed(text: str, marks: list[Entity]) -> tuple[str, list[Entity]]:
    """Without the white space around it, which Telegram takes away."""
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    size = units(text)
    kept = []
    for mark in marks:
        start = max(mark["offset"] - lead, 0)
        end = min(mark["offset"] - lead + mark["length"], size)
        if end > start:
            kept.append(mark | {"offset": start, "length": end - start})
    return text, kept


def detected(text: str, marks: list[Entity]) -> list[Entity]:
    """The marks, with the commands, mentions and addresses that are in the text anyway; in order."""
    found = []
    if "/" in text or "@" in text:
        for match in FOUND.finditer(text):
            start, length = units(text[: match.start()]), units(match[0])
            if not any(m["offset"] < start + length and start < m["offset"] + m["length"] for m in marks):
                found.append({"type": str(match.lastgroup), "offset": start, "length": length})
    return sorted(marks + found, key=lambda each: (each["offset"], -each["length"]))


def read(text: str, parse_mode: str | None, given: list[Entity] | None) -> tuple[str, list[Entity]]:
    """What a bot sent as visible text and entities. Markdown is not spoken here."""
    if parse_mode and parse_mode.upper() != "HTML":
        raise unparsed(f"the stand-in reads HTML only, not {parse_mode}")
    seen, marks = parse_html(text) if parse_mode else (text, list(given or []))
    seen, marks = trimmed(seen, marks)
    return seen, detected(seen, marks)
