"""The idea sluice: from anyone, at any time, beside the rounds; assessed without a name, with word back at each change.

    sluice    what can happen to an idea, as rows: given, added to, decided on, counted
    telling   word to the giver, and to those who assess, in their private places
    keeping   what is shown to somebody, erased, and deleted when its day has come

An idea is its giver's and the organisation's, and no series'. Whoever assesses reads what was written and never who
wrote it; managers get numbers.
"""
