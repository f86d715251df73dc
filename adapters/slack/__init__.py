"""Slack as a chat platform, by slack-bolt and slack_sdk: one workspace, or many that have installed the app.

What comes in: `door` and `socket` take it, `parse` (events) and `interactions` (buttons, commands, sheets) read it,
`showing` deals with sheets. What goes out: `render`, `sheets` and `blanks` make blocks within `limits`, `sending` posts
them, `looking` finds them again, `client` asks Slack, and `errors` says what a refusal means. `workspaces` knows who
has installed us, and `installing` how that is done. `platform` puts it together.

Nothing of it is imported unless Slack is configured.
"""

from adapters.slack.platform import Setup, SlackPlatform

__all__ = ["Setup", "SlackPlatform"]
