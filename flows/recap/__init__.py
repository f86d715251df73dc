"""Recaps, made by rule: from ids and counts, never from words.

The rules of a group's recap:

- A question has at most three points. First the group's own note on it, a point a line: with more than three,
  the lines with most reactions, in the order in which they were written. Then answers that others reacted to,
  most first. Then, where there is no note, a spread over those who spoke: nobody twice before everybody once; what
  is hardly longer than «I agree» last; then those who have been quoted least so far in this recap, so that the
  quickest do not have every question; then what came in time, and the earliest. Besides a note only what came late
  is taken: the rest is in it.
- What one person wrote to one question, in however many messages, is one answer and one point, its messages
  in order. What came late is an answer of its own, since it is marked so. At a table one person writes for
  all, so there every message is an answer.
- Asides, control words and notes of one's own are never in it. What people thought since last time is, by the
  same rules as a question; so are findings, actions named or followed up, and some of what other groups released.
- From the plenum there are at most three points, chosen as for one question, the same for every group.
- The same rows in any order give the same recap. What is left out is left out when the recap is made: take a
  reply away afterwards (`without`), and nothing takes its place.

A recap for managers has released findings and counts in it, and nothing else. What its findings have in common is
proposed by rule (`flows.recap.common`), and arranged by a coordinator.

What is ugly: a recap knows a reply by its id alone, so what it says of late, marked and released is how
things stood when it was made.
"""

from flows.recap.across import settled, settles
from flows.recap.group import compile_group, compile_plenum, decisions
from flows.recap.managers import arranged, compile_manager, compile_whole, counts_only, from_units, since
from flows.recap.shapes import (
    Across,
    ActionCounts,
    ActionRow,
    ActionState,
    Answered,
    Before,
    Decision,
    FindingRow,
    FromUnit,
    GroupRecap,
    Held,
    IdeaCount,
    ManagerRecap,
    Numbered,
    Point,
    Question,
    Said,
    Shared,
    Turnout,
    Why,
    dump,
    load,
    without,
)
from flows.recap.showing import parts

__all__ = (
    "Across", "ActionCounts", "ActionRow", "ActionState", "Answered", "Before", "Decision", "FindingRow", "FromUnit",
    "GroupRecap", "Held", "IdeaCount", "ManagerRecap", "Numbered", "Point", "Question", "Said", "Shared", "Turnout",
    "Why", "arranged", "compile_group", "compile_manager", "compile_plenum", "compile_whole", "counts_only",
    "decisions", "dump", "from_units", "load", "parts", "settled", "settles", "since", "without",
)  # fmt: skip
