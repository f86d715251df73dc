"""The terminal as a chat platform: embedded, without accounts, for one machine and those who may log in there.

Its chat service is a folder. Every place is a file that only grows (`places`), of records (`records`) that say
who wrote what; words that were changed or taken back are blanked in it (`blanking`). What people do comes in by a
socket (`door`, `parse`, `platform`), and a thread is shown from its records (`thread`, `render`). `client` is the
other end of the socket.

    <data>/terminal/places/fjord-1.jsonl    a group's thread
    <data>/terminal/places/@kari.jsonl      what Runda and Kari say to each other alone
    <data>/terminal/serve.sock              the door of the process that serves

What is ugly: people are who they say they are. The folder is its owner's alone, and that is all the protection
there is. And that something was said, by whom, when and how long it was, can be seen in a file for ever.
"""

from adapters.terminal.platform import TerminalPlatform

__all__ = ["TerminalPlatform"]
