"""How one chat platform speaks: what it sends us becomes events, what we say becomes its messages.

Each platform is a folder with the same three parts: `parse` and `render`, pure, and a thin client.
Platform words stay in here. What a platform cannot do is data, and a message degrades by rule instead of
failing. Imports `flows`, and never storage.
"""
