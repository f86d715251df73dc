"""The counter: where a person and the house deal with each other directly, in forms and pages.

    counter     opening sheets and taking them in; one transaction each, once
    visitor     who stands there, and what they may do
    visit       one visit: a transaction, a visitor, and the words of their language
    acts        what can be done here, by name; who may, what is asked, what it does
    sheets      the pieces that sheets are made of
    home        what concerns oneself: one's series, next meeting, what waits
    showing     one series, and one meeting of it
    dates       move, start, cancel, confirm, undo; pause and resume
    closed      days on which the whole organisation is closed
    people      who takes part, and in what role; who may set up series
    divide      groups, where a series was set up without
    setup       a series that is being set up, in steps
    begun       what has been filled in of it
    checking    its last page: the plan, and what is made of it
    preview     every message that will be sent
    reports     recaps: read, hold, edit, release, approve
    paper       what a table wrote on paper
    why         why messages came, or did not come
    everywhere  one act for all groups that are in a meeting
    answering   what a person answers in private
    linking     the same person on two platforms
    seat        one's own seat in a group: not coming to a session, leaving
    rights      what is kept of oneself, shown and erased; how long, what is settled, and the log of a series
    gross       the gross list: merge, rename, small or large
    ideas       leave an idea, see what became of it, assess those of others
    guided      the same for platforms without sheets: one question at a time
    talk        what is heard in such a conversation, and what it means
    drafts      what has been filled in of it
    paging      its pages and questions in words

A sheet's name is an act and its numbers, such as `move:12:2`; a button that opens it carries `open:` before it. It
is no secret and proves nothing: who may do what is decided anew each time, from the rows. It is at most 64 bytes,
because a button carries no more.

To add something that can be done: an `Act` in one of these modules, with its texts under `counter:` in the
catalogues. Nothing else has to know of it.
"""
