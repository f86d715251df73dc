"""Telegram's limits, as its documentation gives them. A test may read them; nobody changes them."""

TEXT = 4096  # characters of a text after parsing, in UTF-16 units: the stricter reading
CAPTION = 1024
ENTITIES = 100
CALLBACK_DATA = 64  # bytes
BUTTONS = 100
BUTTONS_IN_ROW = 8
CALLBACK_ANSWER = 200
START_PAYLOAD = 64  # of A-Z a-z 0-9 _ -
TOPIC_NAME = 128
PLACEHOLDER = 64  # of a ForceReply
COMMANDS = 100
COMMAND_DESCRIPTION = 256
UPDATES_AT_ONCE = 100
LONG_POLL = 50  # seconds
UPLOAD = 50 * 2**20  # bytes
DOWNLOAD = 20 * 2**20
DELETE_WITHIN = 48 * 3600  # seconds
SECRET_TOKEN = 256

#: Messages of the bot: how many, in how many seconds.
PER_CHAT = (1, 1.0)
PER_GROUP = (20, 60.0)
OVERALL = (30, 1.0)

#: Update kinds that come only when they are asked for by name.
ONLY_WHEN_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})

REACTIONS = frozenset(
    {
        "❤", "👍", "👎", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮",
        "💩", "🙏", "👌", "🕊", "🤡", "🥱", "🥴", "😍", "🐳", "❤‍🔥", "🌚", "🌭", "💯", "🤣", "⚡",
        "🍌", "🏆", "💔", "🤨", "😐", "🍓", "🍾", "💋", "🖕", "😈", "😴", "😭", "🤓", "👻", "👨‍💻",
        "👀", "🎃", "🙈", "😇", "😨", "🤝", "✍", "🤗", "🫡", "🎅", "🎄", "☃", "💅", "🤪", "🗿",
        "🆒", "💘", "🙉", "🦄", "😘", "💊", "🙊", "😎", "👾", "🤷‍♂", "🤷", "🤷‍♀", "😡",
    }
)  # fmt: skip
