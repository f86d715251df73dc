"""Files that people open outside the chat: recaps, and what a room needs in a round.

    recaps    a recap that went out, or a group's as it would go out, ready to be written down
    text      as Markdown, CSV and JSON
    web       as HTML, and as PDF, which is the same page printed
    word      as DOCX
    beside    the managers' recap as a file with its message, where a platform takes files
    charts    what a recap counts, as pictures in HTML, PDF and DOCX
    round     what a round asks, in the order in which it asks
    slides    a round for the room's screen (PPTX)
    forms     a round on paper: a page for each table

What makes DOCX, PPTX and PDF comes with the extra `documents`, and is imported when it is used.
"""

from __future__ import annotations

from bot.settings import Misconfigured


class NotInstalled(Misconfigured):
    """What makes this kind of file is not there; the text says what to install."""

    def __init__(self, kind: str, missing: Exception, mend: str = "Run: pip install '.[documents]'") -> None:
        if isinstance(missing, OSError):
            mend = "The system's library Pango is missing; Debian and Ubuntu call it libpangoft2-1.0-0"
        super().__init__(f"{kind} cannot be made here ({missing}). {mend}")
