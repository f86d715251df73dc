"""The methods of the Bot API that the stand-in knows, each a function from what was asked to the result."""

from tests.standins.telegram.calls import chats, commands, editing, sending, small, topics
from tests.standins.telegram.calls.registry import CALLS, Server

__all__ = ["CALLS", "Server", "chats", "commands", "editing", "sending", "small", "topics"]
