"""Pressing, choosing, filling in, submitting: what people do with buttons, modals, homes, shortcuts, commands.

Each gives an `Answer`: what the app answered, and what became of the modals by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.standins.slack import limits, shapes
from tests.standins.slack.delivery import EVENT, INTERACTIVE, SLASH, Deliveries, Delivery
from tests.standins.slack.elements import STATEFUL, options_of
from tests.standins.slack.methods_views import STACK
from tests.standins.slack.people import People, What, Where, Who
from tests.standins.slack.responses import respond
from tests.standins.slack.state import IM, Channel, Json, Message, User, View, Workspace
from tests.standins.slack.triggers import Reply, Triggers
from tests.standins.slack.values import NotOffered, chosen, empty, labels, option, state
from tests.standins.slack.world import elements, stateful


@dataclass
class Answer:
    """What came of something a person did."""

    #: Whether the app acknowledged in time and its answer could be used. If not, the person sees a warning.
    ok: bool
    #: The app's answer itself.
    body: Any = None
    #: For a submission: errors, update, push, clear, or "" when the modal simply closed.
    action: str = ""
    #: For `errors`: the field's label -> what is said beside it.
    errors: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    delivery: Delivery | None = None


class Forms(People):
    triggers: Triggers
    deliveries: Deliveries
    violations: list[str]

    # -- reading what is open

    def modals(self, user: Who) -> list[View]:
        """The open modals of a person, the top one last."""
        who = self.who(user)
        return self.team_of(who).modals.get(who.id, [])

    def modal(self, user: Who) -> View:
        """The modal that a person looks at. NotOffered if there is none."""
        if not self.modals(user):
            raise NotOffered(f"{self.who(user).name} has no modal open")
        return self.modals(user)[-1]

    def home(self, user: Who) -> View:
        """The home that is published for a person. NotOffered if there is none."""
        who = self.who(user)
        if who.id not in self.team_of(who).homes:
            raise NotOffered(f"nothing is published for {who.name}")
        return self.team_of(who).homes[who.id]

    # -- in messages

    async def press(
        self,
        user: Who,
        channel: Where,
        ts: What,
        what: str,
        option: Any = None,
        wait: bool = True,
    ) -> Answer:
        """Press what says so in a message: a button's text, value or action_id; a menu's, with the option."""
        who, place, message = self.who(user), self.where(channel), self.message(channel, ts)
        if message.deleted or (message.seen_by and message.seen_by != who.id):
            raise NotOffered(f"{who.name} does not see {message.ts}")
        team = self.team_of(place)
        action = self._action(message.blocks, what, option, message.ts)
        payload = self._interaction("block_actions", who, team) | {
            "container": container(message, place),
            "channel": {"id": place.id, "name": channel_name(place)},
            "response_url": self.triggers.reply_url(team, place, who.id, message),
            "state": {"values": state(message.blocks, {})},
            "actions": [action],
        }
        if message.seen_by:
            payload["container"]["is_ephemeral"] = True
        else:
            payload["message"] = shapes.message(message, team)
        return await self._interact(payload, wait)

    def _action(self, blocks: list[Json], what: str, picked: Any, where: str) -> Json:
        block, element = find(blocks, what, where)
        if element["type"] != "button" and picked is None:
            raise NotOffered(f"{what!r} is a {element['type']}: say which option")
        action: Json = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": f"{self.clock.now():.6f}",
        }
        for name in ("text", "value", "style", "placeholder", "confirm"):
            if name in element:
                action[name] = element[name]
        if element["type"] == "overflow":
            action["selected_option"] = option(element, picked)
        elif element["type"] in STATEFUL:
            action |= chosen(element, picked, self._id_of)
        return action

    # -- in modals and homes

    async def press_in(
        self,
        user: Who,
        view: View,
        what: str,
        option: Any = None,
        wait: bool = True,
    ) -> Answer:
        """Press a button, or choose in a menu outside inputs, in a modal or home that the person sees."""
        who = self.who(user)
        team = self.team_of(who)
        if view not in (*self.modals(who), *team.homes.values()) or view.user != who.id:
            raise NotOffered(f"{who.name} does not see the view {view.id}")
        action = self._action(view.blocks, what, option, view.id)
        if action["type"] in STATEFUL:
            name = next(key for key in action if key.startswith(("selected", "value", "files")))
            view.filled[action["block_id"], action["action_id"]] = {
                "type": action["type"],
                name: action[name],
            }
        payload = self._interaction("block_actions", who, team) | {
            "container": {"type": "view", "view_id": view.id},
            "view": shapes.view(view, state(view.blocks, view.filled)),
            "actions": [action],
        }
        return await self._interact(payload, wait)

    def fill(self, user: Who, values: dict[str, Any]) -> View:
        """Fill in fields of the top modal, by label (or block_id, or action_id). Nothing is sent."""
        view = self.modal(user)
        for label, given in values.items():
            block, element = find(view.blocks, label, view.id, STATEFUL)
            view.filled[block["block_id"], element["action_id"]] = chosen(element, given, self._id_of)
        return view

    def _id_of(self, given: Any) -> str:
        """The id of a person or channel that is given by name or id."""
        try:
            return self.who(given).id
        except LookupError:
            return self.where(given).id

    async def submit(self, user: Who, values: dict[str, Any] | None = None, wait: bool = True) -> Answer:
        """Fill in, and press the top modal's submit. NotOffered while a required field is empty.

        With `wait=False` the modal stays as it is: what the app answers is not followed.
        """
        view, who = self.fill(user, values or {}), self.who(user)
        if view.body.get("submit") is None or view.body.get("submit_disabled"):
            raise NotOffered("this modal has nothing to submit with")
        given = state(view.blocks, view.filled)
        for block, element in stateful(view.blocks):
            value = given[block["block_id"]][element["action_id"]]
            if block["type"] == "input" and not block.get("optional") and empty(value):
                raise NotOffered(f"{block['label']['text']!r} must be filled in")
        payload = self._interaction("view_submission", who, self.team_of(who)) | {
            "view": shapes.view(view, given),
            "response_urls": [],
        }
        answer = await self._interact(payload, wait)
        if wait and answer.ok:
            self._follow(answer, view, who)
        return answer

    def _follow(self, answer: Answer, view: View, who: User) -> None:
        """Do with the modals what the app's answer says."""
        body = answer.body if isinstance(answer.body, dict) else {}
        answer.action = str(body.get("response_action", ""))
        stack, team = self.modals(who), self.team_of(who)
        if view not in stack:
            return  # the app has changed the stack by itself meanwhile
        if answer.action == "":
            stack.remove(view)
        elif answer.action == "clear":
            stack.clear()
        elif answer.action == "errors":
            self._show_errors(answer, view, body.get("errors"))
        elif answer.action in ("update", "push"):
            self._show_view(answer, view, stack, body.get("view"), team)
        else:
            self._bad(answer, f"unknown response_action {answer.action}")
        self.changed()

    def _show_errors(self, answer: Answer, view: View, errors: Any) -> None:
        inputs = {
            block["block_id"]: block["label"]["text"] for block in view.blocks if block["type"] == "input"
        }
        if not isinstance(errors, dict) or not errors or errors.keys() - inputs.keys():
            self._bad(answer, f"errors must be keyed by the block_id of inputs: {errors}")
            return
        view.errors = errors
        answer.errors = {inputs[block_id]: text for block_id, text in errors.items()}

    def _show_view(self, answer: Answer, view: View, stack: list[View], body: Any, team: Workspace) -> None:
        if problems := limits.view_problems(body, "modal"):
            self._bad(answer, f"{answer.action}: {'; '.join(problems)}")
        elif answer.action == "update":
            self.change_view(view, body)
        elif len(stack) >= STACK:
            self._bad(answer, "push: the stack has three modals already")
        else:
            stack.append(self.make_view(team, view.user, body, under=view))

    def _bad(self, answer: Answer, problem: str) -> None:
        """Slack shows the person that something went wrong; for us it is a violation too."""
        self.violations.append(f"view_submission: {problem}")
        answer.ok, answer.reason = False, problem

    async def close(self, user: Who, everything: bool = False, wait: bool = True) -> Answer:
        """Close the top modal, or with `everything` all of them."""
        view, who = self.modal(user), self.who(user)
        stack = self.modals(who)
        gone = everything or view.body.get("clear_on_close", False)
        if gone:
            stack.clear()
        else:
            stack.remove(view)
        self.changed()
        if not view.body.get("notify_on_close"):
            return Answer(ok=True)
        payload = self._interaction("view_closed", who, self.team_of(who)) | {
            "view": shapes.view(view, state(view.blocks, view.filled)),
            "is_cleared": gone,
        }
        del payload["trigger_id"]
        return await self._interact(payload, wait)

    async def open_home(self, user: Who, tab: str = "home", wait: bool = True) -> list[Delivery]:
        """Look at the app's home, or at its messages."""
        who = self.who(user)
        team = self.team_of(who)
        event: Json = {
            "type": "app_home_opened",
            "user": who.id,
            "channel": self.direct(team, team.bot, who).id,
            "tab": tab,
            "event_ts": f"{self.clock.now():.6f}",
        }
        if tab == "home" and who.id in team.homes:
            event["view"] = shapes.view(team.homes[who.id])
        return await self._told([self.emit(team, event)], wait)

    # -- commands and shortcuts

    async def slash(
        self, user: Who, command: str, text: str = "", channel: Where | None = None, wait: bool = True
    ) -> Answer:
        """Use a slash command; in the direct messages with the app if no channel is given."""
        who = self.who(user)
        team = self.team_of(who)
        place = self.direct(team, team.bot, who) if channel is None else self.where(channel)
        url = self.triggers.reply_url(team, place, who.id)
        payload = {
            "token": "old-and-unused",
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": place.id,
            "channel_name": channel_name(place),
            "user_id": who.id,
            "user_name": who.name.lower().replace(" ", "."),
            "command": command,
            "text": text,
            "api_app_id": self.app_id,
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": self.triggers.new(team.id, who.id),
        }
        answer = await self._send(Delivery(SLASH, command, payload), wait)
        if wait and answer.ok and answer.body:
            said = answer.body if isinstance(answer.body, dict) else {"text": answer.body}
            respond(self, Reply(team, place, who.id, None, self.clock.now()), said)  # type: ignore[arg-type]
        return answer

    async def shortcut(
        self, user: Who, channel: Where, ts: What, callback_id: str, wait: bool = True
    ) -> Answer:
        """Use a message shortcut on a message."""
        who, place, message = self.who(user), self.where(channel), self.message(channel, ts)
        team = self.team_of(place)
        payload = self._interaction("message_action", who, team) | {
            "callback_id": callback_id,
            "action_ts": f"{self.clock.now():.6f}",
            "message_ts": message.ts,
            "message": shapes.message(message, team),
            "channel": {"id": place.id, "name": channel_name(place)},
            "response_url": self.triggers.reply_url(team, place, who.id, None),
        }
        # Slack's shortcuts have neither.
        del payload["api_app_id"], payload["user"]["username"]
        return await self._interact(payload, wait)

    # -- sending

    def _interaction(self, kind: str, who: User, team: Workspace) -> Json:
        assert not who.deleted, f"{who.name} is deactivated"
        return {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "user": shapes.person(who, team),
            "api_app_id": self.app_id,
            "token": "old-and-unused",
            "trigger_id": self.triggers.new(team.id, who.id),
            "enterprise": None,
            "is_enterprise_install": False,
        }

    async def _interact(self, payload: Json, wait: bool) -> Answer:
        return await self._send(Delivery(INTERACTIVE, payload["type"], payload), wait)

    async def _send(self, delivery: Delivery, wait: bool) -> Answer:
        assert delivery.kind != EVENT
        self.deliveries.send(delivery)
        await self._told([delivery], wait)
        return Answer(delivery.acked, delivery.body, reason=delivery.reason, delivery=delivery)


def find(
    blocks: list[Json], what: str, where: str, kinds: set[str] | frozenset[str] = frozenset()
) -> tuple[Json, Json]:
    """The element that is called so; one whose name only begins so if there is no other. NotOffered."""
    offered = [
        (block, each) for block in blocks for each in elements(block) if not kinds or each["type"] in kinds
    ]
    for matches in (str.__eq__, str.startswith):
        for block, element in offered:
            if any(matches(label, what) for label in labels(block, element) if label):
                return block, element
    names = [next(iter(labels(block, element))) for block, element in offered]
    raise NotOffered(f"{what!r} is not in {where}; there are {names}")


def container(message: Message, place: Channel) -> Json:
    body: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": place.id,
        "is_ephemeral": bool(message.seen_by),
    }
    return body | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def channel_name(place: Channel) -> str:
    return "directmessage" if place.kind == IM else place.name


__all__ = ["Answer", "Forms", "NotOffered", "options_of"]
