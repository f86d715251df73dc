"""A stand-in for Telegram's Bot API: one bot, its chats and the people in them, on 127.0.0.1.

python-telegram-bot runs against it unchanged:

    with TelegramServer() as server:                      # a thread; `async with` runs in the loop
        kari = server.user("Kari", started=True)
        group = server.supergroup("Vest", [kari])         # bot="member", in privacy mode
        bot = telegram.Bot(server.token, base_url=server.base_url, base_file_url=server.base_file_url)
        ...
        server.say(kari, group, "/svar Hei")
        assert server.violations == []
        print(server.transcript(group))

Arguments: token, username, name, privacy=True, clock=Clock(), validate=True, pace=None, port=0.
A program: TELEGRAM_BOT_TOKEN=server.token, TELEGRAM_API_URL=server.url. Acts may be called from any thread.

Making (silent): user, other_bot, group, supergroup, forum, channel, topic. `bot=None` leaves the bot
out; "administrator" makes it one. `user(started=True)` has pressed Start.
Writing: say(user, chat, text, topic, reply_to), edit, touch (an edit that changes nothing), delete,
forward, say_anonymously, say_as_channel, channel_post; an other_bot says as a user does.
Showing: photo(album=), voice, sticker, document, contact, show(media={...}).
Private: start(user, payload), block(user), `user.gone = True`, follow(user, url).
Buttons: press(user, message, "text") -> Press(answered, text, alert, url); react(user, message, "👍").
Powers: join (the bot with payload=: by a startgroup link), leave, kick, promote(rights=), demote,
restrict(can_send=), set_privacy(on), rename, pin, erase, migrate(group) -> the supergroup; `who` may be
server.bot. open_topic, close_topic (None: General), reopen_topic, rename_topic, delete_topic.
Reading: transcript(chat, topic) the screen, history(chat, topic) the film, posts, last, find, offered;
asked(method), requests (Asked: method, params, status, answer, taken), refusals (what was not granted, as
lines), violations, presses, commands, files.
Waiting: wait_until(condition, within), await until(condition). Both in real seconds.
Time: Clock(scale=60), HandClock().move(seconds). Dates, pace, webhook delays, ages; long polls are real time.
Trouble: faults.plan(method or "*", TooMany(3) | Broken(502, html=True) | Hang(when) | Cut(when) |
Run(call, when), times=1, skip=0, chat=None); faults.left; repeat(last=1, new_ids=False);
pace=Pace() for strict 429. When is "before" or "after" Telegram has taken the request.

Strict: every request, answer and update is held to the specification (where it is there); what does
not fit is in `violations` and answered 400; entries that begin with OURS are the stand-in's own faults.
HTML as Telegram reads it (no Markdown); lengths in UTF-16 units; a press is answered once, within
`callback_life` seconds. `mentions_reach = True` lets a mention through privacy mode.
"""

from tests.standins.telegram.clock import Clock, HandClock
from tests.standins.telegram.faults import Broken, Cut, Hang, Run, TooMany
from tests.standins.telegram.model import Asked, Chat, Member, Message, Press, Topic, User
from tests.standins.telegram.pace import Pace
from tests.standins.telegram.server import TelegramServer
from tests.standins.telegram.spec import WHY_ABSENT, load

__all__ = [
    "WHY_ABSENT",
    "Asked",
    "Broken",
    "Chat",
    "Clock",
    "Cut",
    "HandClock",
    "Hang",
    "Member",
    "Message",
    "Pace",
    "Press",
    "Run",
    "TelegramServer",
    "TooMany",
    "Topic",
    "User",
    "load",
]
