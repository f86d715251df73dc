"""From Telegram's updates to what was heard: by tables, as Telegram writes them."""

from datetime import UTC, datetime

import pytest

from adapters.port import Address, Chose, Known, Learned, Rewrote, TookBack, Wrote
from adapters.telegram import commands, names, parse, presses, updates
from adapters.telegram.reading import Me, Query

ME = Me("42", "RundaBot")
NOW = datetime(2026, 10, 13, 7, 0, tzinfo=UTC)
THEN = 1_792_000_000
WRITTEN = datetime.fromtimestamp(THEN, UTC)
GROUP, PLAIN, KARI = -1_001_234, -77, 501
SUPER = -1_001_000_000_234
PLACE = Address("telegram", "42", str(SUPER))
KARIS = {"id": KARI, "is_bot": False, "first_name": "Kari", "last_name": "Nes", "language_code": "nn-NO"}
CHAT = {"id": SUPER, "type": "supergroup", "title": "Vest"}


def message(**fields):
    whole = {"message_id": 7, "date": THEN, "chat": CHAT, "from": KARIS, **fields}
    return {name: value for name, value in whole.items() if value is not None}


def read(kind="message", /, **fields):
    body = fields.pop("body", None) or message(**fields)
    return parse.read(updates.read({"update_id": 9001, kind: body}), ME, NOW)


def heard(*args, **fields):
    (only,) = read(*args, **fields).heard
    return only


# -- what is an answer


def test_what_a_person_writes():
    assert heard(text="The ferry") == Wrote(
        key=f"42:9001:{SUPER}:7", place=PLACE, account="501", message="7", words="The ferry", at=WRITTEN
    )


def test_who_wrote_it_comes_with_it():
    assert read(text="Hei").known == (Known(account="501", name="Kari Nes", language="nn"),)


@pytest.mark.parametrize(
    ("told", "language"),
    [("nb", "nb"), ("no", "nb"), ("nn", "nn"), ("sv-SE", "sv"), ("en-GB", "en"), ("de", None), ("", None)],
)
def test_languages(told, language):
    assert read(text="Hei", **{"from": {**KARIS, "language_code": told}}).known[0].language == language


@pytest.mark.parametrize(
    ("fields", "thread"),
    [
        ({}, ""),
        ({"is_topic_message": True, "message_thread_id": 3}, "3"),
        ({"message_thread_id": 3}, ""),  # a row of replies where there are no topics
        ({"is_topic_message": True, "message_thread_id": 3, "chat": {"id": KARI, "type": "private"}}, ""),
    ],
    ids=["general", "topic", "replies", "a topic of a private chat"],
)
def test_where_it_was_written(fields, thread):
    assert heard(text="Hei", **fields).place.thread == thread


def test_a_private_chat_is_called_after_the_person():
    private = heard(text="Hei", chat={"id": KARI, "type": "private"})
    assert (private.place, private.private) == (Address("telegram", "42", "501"), True)


def test_messages_of_plain_groups_are_marked():
    """Story: a plain group that becomes a supergroup begins to count its messages from 1 again."""
    assert heard(text="Hei", chat={"id": PLAIN, "type": "group"}).message == "g7"
    assert names.numbers(SUPER, "g7") == ()
    assert names.numbers(PLAIN, "g7") == (7,)


def test_a_reply_to_a_message():
    assert heard(text="Ja", reply_to_message=message(message_id=5)).reply_to == "5"


@pytest.mark.parametrize(
    "root",
    [message(message_id=3, forum_topic_created={"name": "T", "icon_color": 1}), message(message_id=3)],
)
def test_every_message_of_a_topic_is_a_reply_to_its_beginning_which_is_none(root):
    fields = {"is_topic_message": True, "message_thread_id": 3, "reply_to_message": root}
    assert heard(text="Ja", **fields).reply_to is None


@pytest.mark.parametrize(
    ("fields", "words", "files"),
    [
        ({"photo": [{"file_id": "a"}, {"file_id": "b"}], "caption": "The quay"}, "The quay", 1),
        ({"photo": [{"file_id": "a"}], "caption": "All", "media_group_id": "1"}, "All", 1),
        ({"voice": {"file_id": "a"}}, "", 1),
        ({"document": {"file_id": "a"}, "caption": "Plan\0"}, "Plan", 1),
    ],
)
def test_files_are_counted_and_captions_are_words(fields, words, files):
    wrote = heard(**fields)
    assert (wrote.words, wrote.files) == (words, files)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Hei", "forward_origin": {"type": "user"}},
        {"text": "Hei", "via_bot": {"id": 3, "is_bot": True, "first_name": "Gif"}},
        {"text": "Hei", "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": CHAT},
        {"text": "Hei", "sender_chat": {"id": -100555, "type": "channel"}, "is_automatic_forward": True},
        {"text": "Hei", "from": {"id": 9, "is_bot": True, "first_name": "Other"}},
        {"text": "Hei", "from": None},
        {"sticker": {"file_id": "a", "emoji": "👍"}},
        {"contact": {"phone_number": "+4790000000", "first_name": "Per"}},
        {"location": {"latitude": 1, "longitude": 2}},
        {"photo": [{"file_id": "a"}], "media_group_id": "1"},
        {"text": "  \n "},
        {"pinned_message": {"message_id": 1}},
    ],
    ids=["forward", "via-bot", "anonymous", "channel", "bot", "nobody", "sticker", "contact", "location", "album",
         "blank", "service"],
)  # fmt: skip
def test_what_is_no_answer_has_a_reason(fields):
    found = read(**fields)
    assert found.heard == ()
    assert found.why


def test_no_telephone_number_is_read():
    raw = {"update_id": 1, "message": message(contact={"phone_number": "+4790000000", "first_name": "Per"})}
    assert "90000000" not in repr(updates.read(raw))


# -- edits, and taking back


def test_an_edit():
    assert heard("edited_message", text="Better", edit_date=THEN + 60) == Rewrote(
        key=f"42:9001:{SUPER}:7", place=PLACE, account="501", message="7", words="Better",
        revision=(THEN + 60 << 20) + 9001,
        at=datetime.fromtimestamp(THEN + 60, UTC),
    )  # fmt: skip


def test_the_later_of_two_edits_in_one_second_is_the_later():
    """Story: Telegram tells the second of an edit, and the second edit within it was taken for the first again."""
    first, second = (
        parse.read(
            updates.read({"update_id": number, "edited_message": message(text=words, edit_date=THEN)}),
            ME,
            NOW,
        )
        for number, words in ((9001, "Better"), (9002, "Best"))
    )
    assert first.heard[0].revision < second.heard[0].revision


def test_an_edited_command_is_an_edited_answer():
    assert heard("edited_message", text="/svar Better", edit_date=THEN).words == "Better"


@pytest.mark.parametrize("fields", [{"text": "/angre"}, {"location": {}}, {"text": "x", "from": None}])
def test_an_edit_without_words_is_none(fields):
    assert read("edited_message", edit_date=THEN, **fields).heard == ()


@pytest.mark.parametrize("word", ["angre", "angra", "slett", "takeback", "Angre@rundabot"])
def test_taking_back_by_a_reply_to_ones_own_message(word):
    took = heard(text=f"/{word}", reply_to_message=message(message_id=5, text="Oops"))
    assert took == TookBack(key=f"42:9001:{SUPER}:7", place=PLACE, account="501", message="5", at=WRITTEN)


@pytest.mark.parametrize(
    "to",
    [
        None,
        message(message_id=5, **{"from": {"id": 502, "first_name": "Per"}}),
        message(message_id=5, **{"from": None}),
    ],
)
def test_taking_back_anything_else_is_told_how(to):
    found = read(text="/angre", reply_to_message=to)
    assert (found.heard, found.hint) == ((), "undo")


# -- commands


@pytest.mark.parametrize("text", ["/svar The ferry", "/answer@RundaBot The ferry", "/SVAR\nThe ferry"])
def test_an_answer_as_a_command(text):
    assert heard(text=text).words == "The ferry"


def test_an_answer_without_words_is_told_how():
    assert read(text="/svar").hint == "answer"


@pytest.mark.parametrize("text", ["/svar@OtherBot x", "/settings", "/x y"])
def test_commands_of_others_are_left_alone(text):
    found = read(text=text)
    assert (found.heard, found.hint, found.why) == ((), "", "a command that is not ours")


@pytest.mark.parametrize("text", ["/", "/ x", "a /svar x", "//x"])
def test_what_only_looks_like_a_command_is_an_answer(text):
    assert heard(text=text).words == text


@pytest.mark.parametrize(
    ("text", "press"),
    [
        ("/runda", "open:home"),
        ("/start", "open:home"),
        ("/start home", "open:home"),
        ("/start open-answer-12-3", "open:answer:12:3"),
        ("/start@RundaBot K7QM4X2P", "code:K7QM4X2P"),
        ("/runda K7QM4X2P", "code:K7QM4X2P"),
        ("/hjelp", "help"),
        ("/avbryt", "open:cancel"),
    ],
)
def test_commands_that_are_buttons(text, press):
    assert heard(text=text) == Chose(
        key=f"42:9001:{SUPER}:7", place=PLACE, account="501", press=press, at=WRITTEN
    )


def test_whoever_presses_start_can_be_written_to():
    opened, asked = read(text="/start", chat={"id": KARI, "type": "private"}).heard
    assert (opened.what, opened.place.channel, asked.press) == ("open", "501", "open:home")
    assert opened.key != asked.key


def test_help_in_private_is_about_all():
    assert heard(text="/help", chat={"id": KARI, "type": "private"}).press == "open:help"


def test_every_command_that_is_listed_is_known():
    for listed in commands.LISTED.values():
        assert {commands.WORDS[word] for word in listed.values()} == set(listed)
    assert set(commands.CODES.values()) == set(commands.LISTED)


# -- buttons


def press(data, **fields):
    body = {
        "id": "88",
        "from": KARIS,
        "message": message(from_=None),
        "data": data,
        "chat_instance": "1",
        **fields,
    }
    return read("callback_query", body={name: value for name, value in body.items() if value is not None})


def test_a_press():
    found = press("next:3")
    assert found.heard == (
        Chose(key="42:press:88", place=PLACE, account="501", press="next:3", at=NOW, message="7"),
    )
    assert found.query == Query("88")


def test_a_press_under_the_last_of_several_messages_that_are_one():
    assert press("^5.6^next").heard[0].message == "5.6.7"


@pytest.mark.parametrize("data", ["^", "^5", "^x^next", "^^", "5^next"])
def test_a_press_that_only_looks_like_that(data):
    assert press(data).heard[0].press == data


def test_what_opens_a_sheet_goes_on_in_private():
    found = press("open:answer:12:3")
    assert (found.heard, found.query) == ((), Query("88", "https://t.me/RundaBot?start=open-answer-12-3"))


def test_in_private_it_is_asked_for():
    private = message(chat={"id": KARI, "type": "private"})
    assert press("open:home", message=private).heard[0].press == "open:home"


@pytest.mark.parametrize(("data", "fields"), [("x", {"message": None, "inline_message_id": "x"}), ("", {})])
def test_a_press_of_nothing_of_ours_is_answered(data, fields):
    found = press(data, **fields)
    assert (found.heard, found.query) == ((), Query("88"))


@pytest.mark.parametrize("each", ["open:home", "open:answer:12:3", "open:a-b:c_d", "open:__:-:_"])
def test_an_address_carries_a_press(each):
    carried = presses.payload(each)
    assert carried is not None
    assert presses.opened(carried) == each


@pytest.mark.parametrize("each", ["next", "open:ø", "open:a b", "open:" + "x" * 60])
def test_an_address_does_not_carry_everything(each):
    assert presses.payload(each) is None


# -- chats, and who is in them


def test_a_group_that_becomes_a_supergroup_is_told_of_twice_and_is_one_event():
    old, new = {"id": PLAIN, "type": "group"}, CHAT
    moved = heard(chat=old, migrate_to_chat_id=SUPER)
    assert moved == heard(chat=new, migrate_from_chat_id=PLAIN)
    assert (moved.what, moved.place.channel, moved.to) == ("moved", str(PLAIN), PLACE)


@pytest.mark.parametrize(
    ("fields", "news"),
    [
        ({"new_chat_members": [KARIS, {"id": 42, "is_bot": True, "first_name": "R"}]}, [("came", "501")]),
        ({"left_chat_member": KARIS}, [("went", "501")]),
        ({"left_chat_member": {"id": 42, "is_bot": True, "first_name": "R"}}, []),
        ({"forum_topic_reopened": {}, "is_topic_message": True, "message_thread_id": 3}, [("open", None)]),
    ],
)
def test_what_telegram_tells_of_a_chat(fields, news):
    assert [(each.what, each.account) for each in read(**fields).heard] == news


def member(kind, chat, old, new, user=KARIS, **more):
    body = {
        "chat": chat, "from": KARIS, "date": THEN, "old_chat_member": {"user": user, "status": old},
        "new_chat_member": {"user": user, "status": new, **more},
    }  # fmt: skip
    return read(kind, body=body)


@pytest.mark.parametrize(
    ("chat", "status", "more", "what", "why"),
    [
        (CHAT, "kicked", {}, "shut", "removed"),
        (CHAT, "left", {}, "shut", "removed"),
        (CHAT, "restricted", {"is_member": True, "can_send_messages": False}, "shut", "forbidden"),
        (CHAT, "restricted", {"is_member": True, "can_send_messages": True}, "open", ""),
        (CHAT, "administrator", {}, "open", ""),
        ({"id": KARI, "type": "private"}, "kicked", {}, "shut", "blocked"),
        ({"id": KARI, "type": "private"}, "member", {}, "open", ""),
    ],
)
def test_what_we_may_do(chat, status, more, what, why):
    found = member("my_chat_member", chat, "member", status, {"id": 42, "is_bot": True}, **more)
    (news,) = found.heard
    assert isinstance(news, Learned)
    assert (news.what, news.why, news.place.channel) == (what, why, str(chat["id"]))
    assert found.administers == (chat["id"], status == "administrator")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [("left", "member", ["came"]), ("member", "kicked", ["went"]), ("member", "administrator", [])],
)
def test_who_comes_and_goes(old, new, what):
    assert [each.what for each in member("chat_member", CHAT, old, new).heard] == what


THUMB, HEART = ({"type": "emoji", "emoji": emoji} for emoji in "👍❤")


@pytest.mark.parametrize(
    ("old", "new", "added"),
    [([], [THUMB], [True]), ([THUMB], [], [False]), ([THUMB], [HEART], []), ([], [], [])],
)
def test_marks_on_a_message(old, new, added):
    body = {
        "chat": CHAT,
        "message_id": 7,
        "date": THEN,
        "user": KARIS,
        "old_reaction": old,
        "new_reaction": new,
    }
    told = read("message_reaction", body=body)
    assert [(each.added, each.message, each.account) for each in told.heard] == [
        (one, "7", "501") for one in added
    ]


def test_a_mark_of_nobody_is_none():
    body = {"chat": CHAT, "message_id": 7, "date": THEN, "actor_chat": CHAT, "old_reaction": [],
            "new_reaction": [THUMB]}  # fmt: skip
    assert read("message_reaction", body=body).why


def test_an_update_of_another_kind_is_nothing():
    assert parse.read(updates.read({"update_id": 1, "poll": {}}), ME, NOW).heard == ()


@pytest.mark.parametrize(
    ("raw", "chat"),
    [
        ({"update_id": 1, "message": message(text="x")}, SUPER),
        ({"update_id": 1, "callback_query": {"id": "1", "from": KARIS, "message": message()}}, SUPER),
        ({"update_id": 1, "callback_query": {"id": "1", "from": KARIS}}, 0),
        ({"update_id": 1, "message": {"text": 3}}, 0),
    ],
)
def test_which_chat_an_update_is_about(raw, chat):
    assert updates.chat_of(raw) == chat


def test_help_that_is_pressed_in_a_group_comes_in_private_and_says_so():
    assert press("help").query == Query("88", hint="in-private")
