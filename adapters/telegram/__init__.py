"""Telegram as a chat platform, by its Bot API (https://core.telegram.org/bots/api).

    updates ─ polling or webhook ─ parse ─ ear         what people do: stored before it is confirmed
    Outgoing ─ render ─ sending ─ client ─ Bot API     what Runda says

Everything is pure but `hearing`, `polling`, `webhook`, `sending` and `platform`, which wait, and `client`, the only one
that knows python-telegram-bot. `faults` alone knows what Telegram calls its refusals.

What is ugly: a bot cannot list a group's members, is told of no deletion, and cannot ask whether a message arrived.
And in privacy mode, which is the normal case, it hears only commands and replies to itself.
"""
