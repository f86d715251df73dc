"""What Runda asks a workspace to be allowed, each with what it is for; slack-manifest.yaml asks for the same."""

from __future__ import annotations

SCOPES = {
    "chat:write": "to say something",
    "reactions:write": "to mark what was taken in",
    "reactions:read": "what others have marked weighs when a recap is made",
    "files:write": "a long recap comes as a file, and pictures are shown",
    "im:write": "to write to one person alone",
    "channels:history": "to hear what is written in public channels that Runda is in",
    "groups:history": "to hear what is written in private channels that Runda is in",
    "im:history": "to hear what is written to Runda alone",
    "channels:read": "who is in a public channel, and whether it is open",
    "groups:read": "who is in a private channel, and whether it is open",
    "users:read": "what people are called, and whether an account is closed",
    "commands": "/runda, and the shortcuts",
}
