"""Whatever the house says fits into Slack: held to the stand-in's limits, and to what people must be able to read."""

import json

from hypothesis import given
from hypothesis import strategies as st

from adapters.port import Address, Blank, Block, Label, Link, Option, Sheet, Spoken
from adapters.slack import blanks, limits, sheets
from adapters.slack.interactions import written
from adapters.slack.render import MORE, MOST_PARTS, render, shortened
from adapters.slack.sheets import Carried, faulted, home, modal
from adapters.slack.wording import cut, escape, length, marked, plain, size, split
from tests.adapters.slack_desk import NOON
from tests.standins.slack import limits as slacks

GROUP = Address("slack", "T1", "C1", "1700000000.000100")
EARLIER = Link(GROUP, "1700000000.000200", NOON)
ADDRESS = "https://kommunen.slack.com/archives/C1/p1700000000000200?thread_ts=1700000000.000100&cid=C1"

WORDS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["&<>" * 40, "a " * 3000, "x" * 7000, "🐟" * 2000, "*bold* _and_ `code`\n> quoted", "https://example.org/a?b=1&c=2",
                     "line\n" * 900, "<!channel> <@U1> &amp;", "  ", "Et avsnitt.\n\n" * 500]),
)  # fmt: skip
PRESSES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=150)
LABELS = st.lists(st.builds(Label, press=PRESSES, words=WORDS), max_size=8).map(tuple)
BLOCKS = st.lists(
    st.builds(
        Block, kind=st.sampled_from(["line", "heading", "item", "picture"]), words=WORDS,
        number=st.none() | st.integers(1, 99), link=st.none() | st.just(EARLIER), labels=LABELS,
    ),
    max_size=12,
).map(tuple)  # fmt: skip


def leads(_: Link) -> str:
    return ADDRESS


def spoken(*blocks: Block, labels: tuple[Label, ...] = (), tools: tuple[Label, ...] = ()) -> Spoken:
    return Spoken("prompt", blocks, labels, tools=tools)


# -- messages


@given(BLOCKS, LABELS, LABELS)
def test_every_part_of_every_message_is_within_slacks_limits(blocks, labels, tools):
    rendered = render(spoken(*blocks, labels=labels, tools=tools), leads)
    for part in (*rendered.parts, *rendered.posted, *shortened(rendered.parts, 2)):
        made = part.blocks("D012345678:1700000000.000100+")
        slacks.check_blocks(made)
        assert len(json.dumps(made, ensure_ascii=False)) <= limits.BLOCKS_TOTAL
        assert 0 < length(part.text) <= limits.TEXT
        assert part.blocks() is not None


@given(BLOCKS)
def test_the_text_beside_the_blocks_says_all_of_it(blocks):
    """It is what a screen reader reads, so nothing may stand in the blocks alone; and nothing gets lost on the way."""
    rendered = render(spoken(*blocks), leads)
    said = "".join("".join(part.text for part in rendered.parts).split())
    for block in blocks:
        for word in block.words.split():
            assert "".join(escape(word).split()) in said or length(word) > 1000


@given(BLOCKS, LABELS)
def test_every_button_is_there_once_and_can_be_told_from_others(blocks, labels):
    rendered = render(spoken(*blocks, labels=labels), leads)
    found = [each for part in rendered.parts for each in _buttons(part.blocks())]
    wanted = [label.press for block in blocks for label in block.labels] + [label.press for label in labels]
    assert [each["value"] for each in found] == wanted
    for part in rendered.parts:
        names = [each["action_id"] for each in _buttons(part.blocks())]
        assert len(names) == len(set(names))


def test_what_buttons_are_called_counts():
    """Rows as long as rows get: with some number of words before them, their names are what is too much."""
    labels = tuple(Label(f"{n:0370}", "Ja") for n in range(12))
    for words in range(20, 1_500, 20):
        for part in render(spoken(Block("line", "x" * words), labels=labels, tools=labels), leads).parts:
            made = part.blocks("D012345678:1700000000.000100+")
            assert len(json.dumps(made, ensure_ascii=False)) <= limits.BLOCKS_TOTAL


def test_a_message_as_it_is_made():
    said = spoken(
        Block("heading", "Sist sa dere"), Block("item", "Fisk & brød", number=1),
        Block("item", "Ferja", number=2, link=EARLIER),
        Block("line", "Hva tenker dere nå? *Tenk* selv først."), labels=(Label("next", "Neste"),),
    )  # fmt: skip
    (part,) = render(said, leads).parts
    header, section, row = part.blocks()
    assert header == {"type": "header", "text": {"type": "plain_text", "text": "Sist sa dere", "emoji": True}}
    lines = section["text"]["text"].split("\n")
    assert lines[0] == "1. Fisk &amp; brød"
    assert lines[1].startswith("2. Ferja (<!date^")
    assert "thread_ts=1700000000.000100&amp;cid=C1|2026-10-13 12:00 UTC>" in lines[1]
    assert lines[2:] == ["", "Hva tenker dere nå? *Tenk* selv først."]
    assert [each["text"]["text"] for each in row["elements"]] == ["Neste"]
    assert part.text.splitlines()[:2] == ["Sist sa dere", "1. Fisk &amp; brød"]


def test_one_button_of_a_piece_stands_beside_it():
    (part,) = render(
        spoken(Block("line", "Alone", labels=(Label("open:x", "Write"),)), Block("line", "Next")), leads
    ).parts
    first, second = part.blocks()
    assert first["accessory"]["value"] == "open:x"
    assert "accessory" not in second


def test_a_picture_is_its_words_in_full():
    (part,) = render(
        spoken(Block("picture", "The map\nFrom the fjord\nto the fell", file=b"<svg/>")), leads
    ).parts
    (section,) = part.blocks()
    assert section["text"]["text"] == "*The map*\nFrom the fjord\nto the fell"


def test_what_is_longer_than_some_messages_becomes_a_file():
    rendered = render(
        spoken(*(Block("line", f"{n} " + "word " * 500) for n in range(8)), labels=(Label("ok", "OK"),)),
        leads,
    )
    assert rendered.filed
    (head,) = rendered.posted
    assert MORE in head.text
    assert [each["value"] for each in _buttons(head.blocks())] == ["ok"]
    assert rendered.whole.count("word") == 4000
    assert len(render(spoken(Block("line", "word " * 2000)), leads).parts) <= MOST_PARTS


def _buttons(blocks):
    for block in blocks:
        yield from block.get("elements", ())
        if "accessory" in block:
            yield block["accessory"]


# -- sheets

VALUES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=100)
OPTIONS = st.lists(
    st.builds(Option, value=VALUES, words=WORDS), max_size=130, unique_by=lambda option: option.value
).map(tuple)
BLANKS = st.lists(
    st.builds(
        Blank, name=st.text(st.characters(categories=["L"]), min_size=1, max_size=30),
        kind=st.sampled_from(sorted(blanks._ELEMENTS)), label=WORDS, hint=WORDS, required=st.booleans(),
        options=OPTIONS,
        value=st.one_of(st.none(), st.booleans(), WORDS, VALUES, st.lists(VALUES, max_size=5).map(tuple),
                        st.sampled_from(["2026-10-13", "09:00", "12", "99:99"])),
    ),
    max_size=12, unique_by=lambda blank: blank.name,
).map(tuple)  # fmt: skip
SHEETS = st.builds(
    Sheet,
    name=st.text(max_size=200),
    title=WORDS,
    blocks=BLOCKS,
    blanks=BLANKS,
    submit=WORDS,
    cancel=WORDS,
    labels=LABELS,
)
REMEMBERS = Carried(sheet="x:1", place=GROUP)


@given(SHEETS)
def test_every_sheet_is_a_view_within_slacks_limits(sheet):
    for made, kind in ((modal(sheet, REMEMBERS, leads), "modal"), (home(sheet, REMEMBERS, leads), "home")):
        assert slacks.view_problems(made, kind) == []
        again = sheets.carried(made)
        assert again == REMEMBERS


@given(st.text(max_size=30), st.integers(0, 9000), st.sampled_from(["\n\n", "\n", " ", ""]))
def test_a_long_text_comes_back_as_it_was(piece, times, between):
    text = between.join([piece.replace("\r", "").replace("\0", "") or "x"] * times).strip()
    sheet = Sheet(
        name="s",
        title="t",
        blanks=(Blank(name="words", kind="area", label="Words", value=text),),
        submit="OK",
    )
    view = modal(sheet, REMEMBERS, leads) if len(text) < 100_000 else None
    if view is None:
        return
    values = {
        each["block_id"]: {
            each["block_id"]: {"type": "plain_text_input", "value": each["element"].get("initial_value")}
        }
        for each in view["blocks"]
    }
    back = written(values)["words"]
    assert isinstance(back, str)
    assert "".join(back.split()) == "".join(text.split())
    if between in ("\n\n", "\n") and piece == piece.strip() and "\n" not in piece and piece:
        assert back == text


def test_faults_stand_at_their_blanks_or_on_top():
    sheet = Sheet(
        name="move:1", title="Move", submit="Move",
        blanks=(Blank(name="to", kind="date", label="New date"), Blank(name="at", kind="time", label="Time")),
    )  # fmt: skip
    view = modal(sheet, REMEMBERS, leads)
    answer = faulted(view, {"to": "That day is a holiday."})
    assert answer["response_action"] == "errors"
    (block,) = answer["errors"]
    assert blanks.spot(block).blank == "to"
    top = faulted(view, {"": "Somebody else has moved it.", "to": "Taken."})
    assert top["response_action"] == "update"
    assert slacks.view_problems(top["view"], "modal") == []
    assert "New date: Taken." in top["view"]["blocks"][0]["text"]["text"]
    twice = faulted(top["view"], {"": "Again."})
    assert len(twice["view"]["blocks"]) == len(top["view"]["blocks"])
    assert sheets.carried(twice["view"]) == REMEMBERS


def test_a_sheet_with_another_value_is_another_field():
    """Slack keeps what somebody typed in a field of the same name when a view is replaced."""

    def field(name: str, value: str) -> str:
        sheet = Sheet(name=name, title="t", blanks=(Blank(name="n", kind="line", label="l", value=value),))
        return modal(sheet, REMEMBERS, leads)["blocks"][0]["block_id"]

    assert len({field("a", "1"), field("a", "2"), field("b", "1")}) == 3
    assert field("a", "1") == field("a", "1")


# -- words


@given(st.text(max_size=400), st.integers(20, 300))
def test_split_words_lose_nothing_and_fit(words, most):
    pieces = split(words, most)
    assert all(0 < size(each) <= most or len(each) == 1 for each in pieces)
    assert "".join("".join(pieces).split()) == "".join(words.split())
    assert all(length(marked(each)) <= most or len(each) == 1 for each in pieces)


@given(st.text(max_size=200), st.integers(3, 80))
def test_what_is_cut_fits_and_says_so(words, most):
    made = cut(words, most)
    assert length(made) <= most
    assert made == words.strip() or made.endswith("…")


@given(st.text(st.characters(exclude_categories=["C"]), max_size=100))
def test_what_was_escaped_reads_as_before(words):
    assert plain(escape(words)) == words.strip()


def test_the_stand_in_and_the_table_of_limits_agree():
    assert (limits.BLOCKS_TOTAL, limits.TEXT) == (slacks.BLOCKS_TOGETHER, slacks.UPDATE_MOST)
    assert limits.VIEW_SIZE == slacks.VIEW_SIZE
