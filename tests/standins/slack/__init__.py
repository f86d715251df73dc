"""A stand-in Slack that speaks the real protocol: slack_sdk and slack_bolt run against it unchanged.

Web API, signed events with repetitions, Socket Mode, slash commands, shortcuts, block actions, modals and homes,
file uploads, OAuth. It keeps state, holds everything to Slack's limits, and makes trouble on demand.

In a test's own loop:

    async with SlackServer() as slack:
        kari, per = slack.user("Kari"), slack.user("Per", locale="sv-SE")
        team = slack.channel("team", members=[kari, per])            # the bot too, unless bot=False
        client = AsyncWebClient(slack.token, base_url=slack.api_url)
        await slack.verify_url("http://127.0.0.1:8080/slack/events")  # or set slack.events_url
        ts = await slack.say(kari, team, "Hello")                     # returns when the app has acknowledged
        await slack.press(kari, team, root_ts, "Next")
        print(slack.transcript(team))
        assert not slack.violations

Beside an app in another process, from a synchronous test (the same methods, waited for):

    with standing_slack(clock=SystemClock(speed=100)) as slack:
        process = Popen([...], env=os.environ | slack.env("socket"))
        slack.until(lambda: slack.sockets.open)

The app is told through its sockets once it has opened one, and otherwise at `events_url`. Before either, nothing is
told: set the scene then.

SlackServer(clock, cohort="internal"|"limited", strict=True, posts_a_second=None, workspace="Kommunen")
  url, api_url, token, app_token, signing_secret, client_id, client_secret, app_id, env("socket"|"http")
  events_url, ack_seconds (3), retry_delays (0, 60, 300; on `clock`), subscriptions, patience (10)
  first (workspace), workspaces; team.token, team.bot, team.install.scopes
Scene: workspace(name, scopes), user(name, tz=, locale=, is_restricted=, is_admin=), channel(name, members,
  private, bot), direct(team, bot, user), install(team, scopes), code(team, user) for oauth.v2.access
People (async; wait=False returns at once): say, edit, delete, react, unfurl, join, leave, kick_bot, deactivate,
  user_changes, archive, unarchive, rename, delete_channel, revoke_token, uninstall, bot_says; grant, remove_scope
  say(user, None, text) writes in the direct messages with the app
Forms (async, give an Answer: ok, body, action, errors by label, reason): press, press_in(user, view, ...),
  fill, submit(user, {label: value}), close, open_home, slash, shortcut; modals(user), modal(user), home(user)
Faults: faults.next(method, kind, times, where, retry_after, name, then), faults.event(kind, times, where, type),
  faults.release(fault), faults.clear(), deliveries.release(reverse); sockets.cut(), sockets.ask_to_leave(reason).
  The kinds are listed in faults.py.
Reading: requests, calls(method), violations, warnings, posts(channel, thread), whispers(channel, user), doubles(),
  text(message), transcript(channel, user), dm_transcript(user), view_text(view), deliveries.all,
  until(condition), settled()
Benches: payload_of(user, channel, text, thread), signed_event(payload) -> (body, headers)

A violation is something that Slack does not document, or would show a person as broken: unknown or missing
arguments, bad answers to a submission. A warning is bad manners: blocks without a text. What a person cannot do
(a button that is not there, a required field left empty) raises NotOffered.
"""

from tests.standins.slack.clock import HandClock, SystemClock
from tests.standins.slack.forms import Answer
from tests.standins.slack.server import SlackServer
from tests.standins.slack.thread import standing_slack
from tests.standins.slack.values import NotOffered

__all__ = ["Answer", "HandClock", "NotOffered", "SlackServer", "SystemClock", "standing_slack"]
