"""Whole series on each chat platform, against its stand-in: the installed command, in a process of its own."""
