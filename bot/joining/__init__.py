"""How people and chats come in where nobody can list them: by codes, and by a button.

    codes       what is typed, or followed as a link; good for a group, or for one person once
    binding     a chat, or a topic of one, becomes the home of a group
    managing    a chat becomes the place where managers read together
    seating     somebody takes part in a group
    linking     the same person on two platforms becomes one
    notice      what a public body is to know of Telegram before a series begins there
    door        what is heard of all this, before it comes to anything else

A group's code is its key: whoever has it may give the group a chat, and take part. So it is shown to those who run
the series only, and can be replaced.
"""
