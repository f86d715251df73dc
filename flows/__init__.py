"""What happens in a round: programmes, the engine, recaps, the calendar.

The ground floor. It imports nothing of ours and does no I/O; it has no clock, no randomness and no
`async`, and it knows no platform by name. Whatever varies is passed in: `now`, ids, what people wrote.
The same input therefore gives the same output, which is what the tests and the replay of a log rest on.
`tests/test_house.py` keeps it so.
"""
