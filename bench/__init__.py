"""How much the house takes, as ratios to what the machine could do at best. `python3 -m bench`; docs/performance.md.

    town        groups of people in a database, as a planned series leaves them
    plain       the other side: nothing but `sqlite3`, with the same durability
    pairs       the same work on both sides in turn, and what that says
    replies     what is said at the terminal, from another process (`load`), until the house is killed
    hooks       what Slack and Telegram post, from another process (`posts`), against a bare application (`bare`)
    telling     the requests that they post, and `yes`, which answers for them
    meeting     groups in the middle of a meeting
    openings    a thousand meetings that begin at once
    idle        looks at the clock when there is nothing to do
    recaps      the managers' recap of fifty groups, as more and more is said
    start       from the command to the open door

A figure of one machine in one hour says little, and this machine may be busy with other things. So nothing here
is judged by its seconds: both sides do their work in turn on the same file system, several times, and what counts
is how many times the one is as quick as the other.
"""
