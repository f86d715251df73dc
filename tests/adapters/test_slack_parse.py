"""What Slack tells, as the house hears it: payload in, `Heard`, `Asked`, `Filled` or `Nothing` out."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from adapters.port import Address, Asked, Chose, Learned, Rewrote, TookBack, Wrote
from adapters.slack import names, parse, sheets
from adapters.slack.interactions import interaction
from adapters.slack.interactions import workspace as workspace_of
from adapters.slack.parse import EVENTS, Nothing
from adapters.slack.wording import plain
from tests.adapters.slack_desk import NOON

US = {"T1": "UBOT"}
TS, LATER = "1700000000.000100", "1700000010.500000"
SHAPES = Path(__file__).parents[3] / "shared" / "specs" / "slack"


def told(**event):
    return parse.event(envelope(event), US)


def envelope(event, **more):
    body = {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "Ev1",
        "event_time": 1700000001,
        "event": event,
    }
    return body | more


def written(**more):
    return {
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "user": "U1",
        "text": "Fisk",
        "ts": TS,
    } | more


def changed(**more):
    now = {"type": "message", "user": "U1", "text": "Ferja", "ts": TS, "edited": {"user": "U1", "ts": LATER}}
    before = {"user": "U1", "text": "Fisk", "ts": TS}
    event = {"type": "message", "subtype": "message_changed", "channel": "C1", "channel_type": "channel",
             "message": now | more.pop("message", {}), "previous_message": before, "event_ts": LATER}  # fmt: skip
    return event | more


# -- messages


def test_a_message():
    assert told(**written()) == Wrote(
        key="Ev1", place=Address("slack", "T1", "C1"), account="U1", message=TS, words="Fisk",
        at=datetime(2023, 11, 14, 22, 13, 20, 100, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize("subtype", ["thread_broadcast", "me_message", "file_share", None])
def test_what_people_write_in_a_thread(subtype):
    more = {"subtype": subtype} if subtype else {}
    heard = told(**written(thread_ts="1699.1", **more, files=[{"id": "F1"}, {"id": "F2"}]))
    assert isinstance(heard, Wrote)
    assert (heard.place.thread, heard.reply_to, heard.files) == ("1699.1", None, 2)


def test_a_picture_without_words_is_counted():
    heard = told(**written(subtype="file_share", text="", files=[{"id": "F1"}]))
    assert isinstance(heard, Wrote)
    assert (heard.words, heard.files) == ("", 1)


@pytest.mark.parametrize(("text", "words", "called"), [("<@UBOT> ", "", True), ("neste <@UBOT>", "neste", True),
                                                       ("<@U2>", "@U2", False)])  # fmt: skip
def test_who_calls_runda_by_name(text, words, called):
    heard = told(**written(text=text))
    assert isinstance(heard, Wrote)
    assert (heard.words, heard.called) == (words, called)


def test_a_private_message_is_in_the_place_of_its_author():
    heard = told(**written(channel="D1", channel_type="im", thread_ts="1699.1"))
    assert isinstance(heard, Wrote)
    assert heard.place == Address("slack", "T1", "U1")
    assert (heard.message, heard.reply_to, heard.private) == (f"D1:{TS}", "D1:1699.1", True)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (written(bot_id="B2"), "a bot's"),
        (written(user="UBOT"), "a bot's"),
        (written(subtype="bot_message", bot_id="B2"), "subtype bot_message"),
        (written(user="USLACKBOT"), "nobody's"),
        (written(subtype="channel_join"), "subtype channel_join"),
        (written(subtype="channel_topic"), "subtype channel_topic"),
        (written(subtype="message_replied"), "subtype message_replied"),
        (written(channel_type="mpim"), "a conversation of several"),
        (written(text=None), "no words"),
        (changed(message={"text": "Fisk"}), "the words are the same"),
        (changed(message={"edited": None}), "not edited by its author"),
        (changed(message={"edited": {"user": "U2", "ts": LATER}}), "not edited by its author"),
        (changed(message={"bot_id": "B1"}), "a bot's"),
        ({"type": "app_mention", "user": "U1", "text": "<@UBOT> hei"}, "another event"),
        ({"type": "channel_rename", "channel": {"id": "C1", "name": "new"}}, "another event"),
        ({"type": "user_change", "user": {"id": "U1", "deleted": False}}, "nobody has left"),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}, "not ours"),
        ({"type": "app_home_opened", "user": "U1", "tab": "messages"}, "the other tab"),
        ({"type": "message"}, "unreadable: KeyError"),
        (written(ts="now"), "unreadable: ValueError"),
        (changed(message={"user": None}), "nobody's"),
    ],
)  # fmt: skip
def test_what_is_nothing(event, why):
    assert told(**event) == Nothing(why)


def test_an_edit_grows():
    first = told(**changed())
    assert isinstance(first, Rewrote)
    assert (first.words, first.message) == ("Ferja", TS)
    # Of the edit itself Slack says the second: a second one within it is known by when its event happened.
    again = told(**changed(event_ts="1700000010.500001"))
    assert isinstance(again, Rewrote)
    assert again.at == first.at
    assert again.revision > first.revision > 0
    assert parse.revision("1700000000.900000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message", "subtype": "message_deleted", "channel": "C1", "channel_type": "channel",
         "deleted_ts": TS, "previous_message": {"user": "U1", "ts": TS, "thread_ts": "1699.1"}, "event_ts": LATER},
        # The root of a thread leaves a stone behind.
        {"type": "message", "subtype": "message_changed", "channel": "C1", "channel_type": "channel",
         "message": {"subtype": "tombstone", "user": "USLACKBOT", "ts": TS, "thread_ts": "1699.1"},
         "previous_message": {"user": "U1", "ts": TS, "thread_ts": "1699.1"}, "event_ts": LATER},
    ],
    ids=["deleted", "tombstone"],
)  # fmt: skip
def test_what_was_taken_back(event):
    heard = told(**event)
    assert isinstance(heard, TookBack)
    assert (heard.message, heard.account, heard.place.thread, heard.at) == (
        TS,
        "U1",
        "1699.1",
        names.moment(LATER),
    )


def test_a_shared_channel_is_heard_where_we_are():
    body = envelope(written(), team_id="TOTHER", authorizations=[{"team_id": "T1"}])
    heard = parse.event(body, US)
    assert isinstance(heard, Wrote)
    assert heard.place.workspace == "T1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Fisk &amp; brød &lt;3", "Fisk & brød <3"),
        ("<@UBOT> neste", "neste"),
        ("Spør <@U2|Per> eller <@U3>", "Spør @Per eller @U3"),
        ("Se <https://example.org/a?b=1&amp;c=2|siden>", "Se siden (https://example.org/a?b=1&c=2)"),
        ("Se <https://example.org/>", "Se https://example.org/"),
        ("Se <https://example.org|https://example.org>", "Se https://example.org"),
        ("<mailto:a@b.no|a@b.no>", "a@b.no"),
        ("<#C2|fjord> og <#C3>", "#fjord og #C3"),
        ("<!here> <!subteam^S1|@lag> <!subteam^S2>", "@here @lag @subteam"),
        ("<!date^1392734382^{date}|18. februar>", "18. februar"),
        (":fish: *fet* _kursiv_", ":fish: *fet* _kursiv_"),
        ("  mellomrom\u0000  ", "mellomrom"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_what_people_write_in_plain_words(text, words):
    assert plain(text, bot="UBOT") == words


# -- news


@pytest.mark.parametrize(
    ("event", "what", "why"),
    [
        ({"type": "channel_archive", "channel": "C1"}, "shut", "archived"),
        ({"type": "group_archive", "channel": "C1"}, "shut", "archived"),
        ({"type": "channel_unarchive", "channel": "C1"}, "open", ""),
        ({"type": "channel_deleted", "channel": "C1"}, "shut", "deleted"),
        ({"type": "channel_left", "channel": "C1", "actor_id": "U2"}, "shut", "removed"),
        ({"type": "group_left", "channel": "C1", "actor_id": "U2"}, "shut", "removed"),
        ({"type": "member_joined_channel", "channel": "C1", "user": "UBOT"}, "open", ""),
        ({"type": "member_left_channel", "channel": "C1", "user": "UBOT"}, "shut", "removed"),
        ({"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}, "cut", "revoked"),
        ({"type": "app_uninstalled"}, "cut", "uninstalled"),
    ],
)
def test_news_of_places(event, what, why):
    heard = told(event_ts=LATER, **event)
    assert isinstance(heard, Learned)
    assert (heard.what, heard.why, heard.place.channel, heard.at) == (
        what, why, event.get("channel", ""), names.moment(LATER),
    )  # fmt: skip


def test_news_of_people_and_of_a_channel_with_another_name():
    came = told(type="member_joined_channel", channel="C1", user="U2")
    assert isinstance(came, Learned)
    assert (came.what, came.account, came.at) == ("came", "U2", datetime.fromtimestamp(1700000001, UTC))
    gone = told(type="user_change", user={"id": "U2", "deleted": True})
    assert isinstance(gone, Learned)
    assert (gone.what, gone.account) == ("gone", "U2")
    moved = told(type="channel_id_changed", old_channel_id="G1", new_channel_id="C9", event_ts=LATER)
    assert isinstance(moved, Learned)
    assert (moved.what, moved.place.channel, moved.to) == ("moved", "G1", Address("slack", "T1", "C9"))


def test_why_a_place_is_shut_is_a_text_of_the_house():
    from adapters.slack import errors
    from bot import library

    told_of = {"archived", "removed", "deleted", "revoked", "uninstalled"}
    reasons = {*errors.PLACE.values(), *errors.WHOLE.values(), *errors.MESSAGE.values(), *told_of, "unknown"}
    for language in ("nb", "nn", "sv", "en"):
        assert reasons <= library.bot_texts(language)["delivery"]["why"].keys()


# -- interactions


def pressed(**more):
    payload = {
        "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "1.2.a",
        "container": {"type": "message", "message_ts": TS, "channel_id": "C1", "thread_ts": "1699.1"},
        "channel": {"id": "C1"}, "actions": [{"type": "button", "value": "next", "block_id": "~3", "action_ts": LATER}],
    }  # fmt: skip
    return payload | more


def test_a_press():
    assert interaction(pressed(), NOON) == Chose(
        key="press:1.2.a",
        place=Address("slack", "T1", "C1", "1699.1"),
        account="U1",
        press="next",
        at=NOON,
        message=TS,
    )


def test_a_press_in_private_and_one_in_a_further_part():
    where = {"type": "message", "message_ts": TS, "channel_id": "D1"}
    chose = interaction(pressed(container=where), NOON)
    assert isinstance(chose, Chose)
    assert (chose.place, chose.message) == (Address("slack", "T1", "U1"), f"D1:{TS}")
    action = {"type": "button", "value": "next", "block_id": "of=D1:1698.5+~3"}
    chose = interaction(pressed(container=where, actions=[action]), NOON)
    assert isinstance(chose, Chose)
    assert chose.message == "D1:1698.5+"
    chose = interaction(pressed(actions=[{**action, "block_id": "long~1"}]), NOON)
    assert isinstance(chose, Chose)
    assert chose.message == f"{TS}+"


def test_a_press_that_asks():
    action = {"type": "button", "value": "open:answer:1", "block_id": "~3"}
    asked = interaction(pressed(actions=[action]), NOON)
    assert asked == Asked(
        place=Address("slack", "T1", "C1", "1699.1"), account="U1", press="open:answer:1", at=NOON, message=TS
    )


@pytest.mark.parametrize("press", ["note", "finding", "aside"])
def test_a_message_is_marked(press):
    payload = {
        "type": "message_action", "callback_id": f"runda_{press}", "team": {"id": "T1"}, "user": {"id": "U2"},
        "trigger_id": "t", "channel": {"id": "C1"},
        "message": {"ts": TS, "thread_ts": "1699.1", "user": "U1", "text": "Fisk"},
    }  # fmt: skip
    assert interaction(payload, NOON) == Chose(
        key="mark:t",
        place=Address("slack", "T1", "C1", "1699.1"),
        account="U2",
        press=press,
        at=NOON,
        about=TS,
    )


def test_the_command_may_name_a_sheet():
    body = {
        "command": "/runda",
        "text": "",
        "user_id": "U1",
        "team_id": "T1",
        "channel_id": "C1",
        "trigger_id": "t",
    }
    asked = interaction(body, NOON)
    assert isinstance(asked, Asked)
    assert (asked.press, asked.place) == ("open:home", Address("slack", "T1", "C1"))
    asked = interaction(body | {"text": "  series:1 ", "channel_id": "D1"}, NOON)
    assert isinstance(asked, Asked)
    assert (asked.press, asked.place.channel) == ("open:series:1", "U1")


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"type": "view_closed"}, "another interaction"),
        (pressed(actions=[{"type": "static_select", "block_id": "x"}]), "a field of a sheet"),
        (pressed(actions=[]), "unreadable: IndexError"),
        (pressed(type="message_action", callback_id="other"), "another shortcut"),
        ({"type": "view_submission", "user": {"id": "U1"}, "view": {"private_metadata": ""}}, "another view"),
    ],
)  # fmt: skip
def test_interactions_that_are_nothing(payload, why):
    assert interaction(payload, NOON) == Nothing(why)


@pytest.mark.parametrize("kind", ["view_submission", "block_actions"])
def test_a_view_that_says_it_was_asked_for_in_another_workspace_is_nothing(kind):
    """Whose form it is stands in the view; which workspace it came from, Slack says beside it."""
    carried = sheets.Carried(sheet="recaps:1", place=Address("slack", "T2", "C2"))
    view = {
        "id": "V1",
        "private_metadata": msgspec.json.encode(carried).decode(),
        "app_installed_team_id": "T1",
    }
    body = pressed(type=kind, team={"id": "T1"}, view=view)
    assert interaction(body, NOON) == Nothing("a view of another workspace")


def test_a_view_belongs_where_the_app_is_installed():
    assert workspace_of({"team": {"id": "TOTHER"}, "view": {"app_installed_team_id": "T1"}}) == "T1"


# -- what Slack says of itself


@pytest.mark.skipif(not SHAPES.is_dir(), reason="Slack's own shapes (../shared/specs) are not there")
@pytest.mark.parametrize("path", sorted((SHAPES / "events").glob("*.json")), ids=lambda path: path.stem)
def test_slacks_own_shapes_can_be_read(path):
    """Their values are blank: what is read must be there, or be nothing."""
    body = json.loads(path.read_text("utf-8"))
    said = parse.event(body, {"": "UBOT"})
    if isinstance(said, Nothing):
        assert "KeyError" not in said.why or (
            said.why == "unreadable: KeyError" and body["event"]["type"] == "message"
        )


def test_every_event_that_is_understood_has_a_name_to_subscribe_by():
    assert "message" not in EVENTS
    assert {"message.channels", "message.groups", "message.im", "app_home_opened"} <= EVENTS
    assert "app_mention" not in EVENTS
