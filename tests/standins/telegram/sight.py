"""What the bot gets to see of what people do.

In private, everything. In a channel, every post where it is a member. In groups: never another
bot's message; service messages always; everything if it is an administrator, or joined with privacy
mode off; otherwise commands meant for it, and replies to what it wrote itself. That a message in a
topic replies, on paper, to the topic's opening does not count. A mention counts only where
`mentions_reach` says so: Telegram's documentation does not list it.
"""

from tests.standins.telegram.entities import cut
from tests.standins.telegram.model import Member, Message, User

#: Accounts that stand for someone: an anonymous administrator, a channel, Telegram itself.
ANONYMOUS, CHANNEL_BOT, TELEGRAM = 1087968824, 136817688, 777000
STAND_INS = frozenset({ANONYMOUS, CHANNEL_BOT, TELEGRAM})


def seen(it: Message, bot: User, *, mentions_reach: bool = False) -> bool:
    """Whether an update tells the bot of this message, or of its edit."""
    mine = it.chat.members.get(bot.id)
    if it.ours:
        return False
    if it.chat.type == "private":
        return True
    if mine is None or not mine.there:
        return False
    return it.chat.type == "channel" or bool(it.service) or seen_in_group(it, bot, mine, mentions_reach)


def seen_in_group(it: Message, bot: User, mine: Member, mentions_reach: bool) -> bool:
    if it.sender and it.sender.is_bot and it.sender.id not in STAND_INS:
        return False
    if mine.admin or mine.sees_all:
        return True
    if it.reply_to is not None and it.reply_to.ours:
        return True
    return is_command(it, bot) or (mentions_reach and is_mentioned(it, bot))


def is_command(it: Message, bot: User) -> bool:
    """`/word@bot`, or `/word` where no other bot wrote last."""
    if not it.text.startswith("/") or it.media:
        return False
    first = it.text.split(maxsplit=1)[0]
    _, at, name = first.partition("@")
    return name.lower() == (bot.username or "").lower() if at else it.chat.last_bot in (None, bot)


def is_mentioned(it: Message, bot: User) -> bool:
    name = f"@{bot.username}".lower()
    return any(
        each["type"] == "mention" and cut(it.text, each["offset"], each["length"]).lower() == name
        for each in it.entities
    )
