"""The coordinator's side: series planned on real dates, changed on the way, shown, and played in advance.

    problems    what a coordinator can mend, in words
    dates       when the rounds of a programme are held
    planning    from what is asked for to a plan; reads and writes nothing
    making      from a plan to rows, in one transaction
    office      one series at hand: its rows, its audit log, and what people are told
    deciding    a change and what it tells sessions under way, in one transaction
    moving      another date: move, start
    changes     confirm, cancel
    pausing     pause, with a date or without, and go on
    undoing     the last change, taken back
    members     who takes part, and in what role
    dividing    groups, for those who took part before there were any
    texts       what the rounds that have not opened will say
    paper       what a table wrote on paper, entered at once
    overview    lists and states, as counts
    why         why a message came, or did not come
    rehearsal   every message that will be sent, from the real engine
    holidays    public holidays, by zone

Functions of a connection and values, with the time passed in. The command line uses them now, the forms of a
chat platform later; so nothing here prints, and no option of a command is named here.
"""
