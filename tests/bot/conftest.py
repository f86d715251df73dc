"""What tests of the running house may ask for."""

from tests.bot.a_story import first, story

__all__ = ("first", "story")
