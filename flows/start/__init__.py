"""The start of a programme that somebody is about to write: one that can be used as it is.

What a kind of step does, and what it may be told, is not said here: `runda new` puts it in, in the kind's own words.
"""
