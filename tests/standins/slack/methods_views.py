"""views.*: modals in a stack of at most three, and each person's home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.slack import limits, shapes
from tests.standins.slack.errors import SlackError
from tests.standins.slack.state import Json, View
from tests.standins.slack.web import Call, method

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer

STACK = 3


@method("views.open")
def open_(server: SlackServer, call: Call) -> Json:
    limits.check_view(call.need("view"), "modal")
    user = server.triggers.exchange(call)
    unused(call)
    if call.workspace.modals.get(user):
        server.warn(call, "a modal is open already: views.open puts this one instead of it")
    view = server.make_view(call.workspace, user, call.args["view"])
    call.workspace.modals[user] = [view]
    return {"view": shapes.view(view)}


@method("views.push")
def push(server: SlackServer, call: Call) -> Json:
    limits.check_view(call.need("view"), "modal")
    user = server.triggers.exchange(call)
    unused(call)
    stack = call.workspace.modals.get(user, [])
    if not stack:
        raise SlackError("not_found")
    return {"view": shapes.view(pushed(server, call, stack, user))}


def pushed(server: SlackServer, call: Call, stack: list[View], user: str) -> View:
    if len(stack) >= STACK:
        raise SlackError("push_limit_reached")
    view = server.make_view(call.workspace, user, call.args["view"], under=stack[-1])
    stack.append(view)
    return view


@method("views.update")
def update(server: SlackServer, call: Call) -> Json:
    limits.check_view(call.need("view"), "modal", "home")
    view = meant(call)
    same_hash(call, view)
    if call.args["view"]["type"] != view.body["type"]:
        raise SlackError(
            "invalid_arguments", response_metadata=limits.messages(["the view's type cannot change"])
        )
    server.change_view(view, call.args["view"])
    return {"view": shapes.view(view)}


def meant(call: Call) -> View:
    given = {"id": call.arg("view_id"), "external_id": call.arg("external_id")}
    if not any(given.values()):
        raise SlackError(
            "invalid_arguments", response_metadata=limits.messages(["view_id or external_id is needed"])
        )
    for view in call.workspace.views():
        if view.id == given["id"] or (
            given["external_id"] and view.body.get("external_id") == given["external_id"]
        ):
            return view
    raise SlackError("not_found")


def same_hash(call: Call, view: View | None) -> None:
    if call.arg("hash") and view is not None and call.args["hash"] != view.hash:
        raise SlackError("hash_conflict")


def unused(call: Call) -> None:
    wanted = call.args["view"].get("external_id")
    if wanted and any(each.body.get("external_id") == wanted for each in call.workspace.views()):
        raise SlackError("duplicate_external_id")


@method("views.publish")
def publish(server: SlackServer, call: Call) -> Json:
    limits.check_view(call.need("view"), "home")
    team, user = call.workspace, str(call.need("user_id"))
    if user not in team.users:
        raise SlackError(
            "invalid_arguments", response_metadata=limits.messages([f"user_id {user} is unknown"])
        )
    home = team.homes.get(user)
    same_hash(call, home)
    if home is None:
        home = team.homes[user] = server.make_view(team, user, call.args["view"])
    else:
        server.change_view(home, call.args["view"])
    return {"view": shapes.view(home)}
