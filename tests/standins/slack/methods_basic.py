"""auth, api, apps, oauth, team, bots: who the app is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.slack import shapes
from tests.standins.slack.errors import SlackError
from tests.standins.slack.state import Json
from tests.standins.slack.web import Call, method

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer


@method("api.test", token="none")
def api_test(_: SlackServer, call: Call) -> Json:
    if call.arg("error"):
        raise SlackError(call.args["error"])
    return {"args": call.args}


@method("auth.test")
def auth_test(_: SlackServer, call: Call) -> Json:
    team, bot = call.workspace, call.bot
    return {
        "url": team.url,
        "team": team.name,
        "user": bot.name.lower(),
        "team_id": team.id,
        "user_id": bot.id,
        "bot_id": bot.bot_id,
        "is_enterprise_install": False,
    }


@method("auth.revoke")
def auth_revoke(server: SlackServer, call: Call) -> Json:
    if call.flag("test"):
        return {"revoked": False}
    assert call.install is not None
    call.install.dead = "token_revoked"
    server.emit(call.workspace, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [call.bot.id]}})
    return {"revoked": True}


@method("apps.connections.open", token="app")
def connections_open(server: SlackServer, _: Call) -> Json:
    return {"url": server.sockets.new_url()}


@method("oauth.v2.access", token="none")
def oauth_access(server: SlackServer, call: Call) -> Json:
    if call.arg("client_id") != server.client_id:
        raise SlackError("invalid_client_id")
    if call.arg("client_secret") != server.client_secret:
        raise SlackError("bad_client_secret")
    grant = server.codes.pop(call.need("code"), None)
    if grant is None:
        raise SlackError("invalid_code")
    if grant.redirect_uri and grant.redirect_uri != call.arg("redirect_uri"):
        raise SlackError("bad_redirect_uri")
    install = server.install(grant.team, grant.scopes, installer=grant.user)
    return {
        "access_token": install.token,
        "token_type": "bot",
        "scope": ",".join(sorted(install.scopes)),
        "bot_user_id": install.bot_user,
        "app_id": server.app_id,
        "team": {"id": grant.team.id, "name": grant.team.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": grant.user},
    }


@method("team.info", "team:read")
def team_info(_: SlackServer, call: Call) -> Json:
    team = call.workspace
    if call.arg("team") not in ("", team.id):
        raise SlackError("team_not_found")
    body = {
        "id": team.id,
        "name": team.name,
        "domain": team.domain,
        "url": team.url,
        "email_domain": "",
        "icon": {},
    }
    return {"team": body}


@method("bots.info", "users:read")
def bots_info(_: SlackServer, call: Call) -> Json:
    wanted = call.need("bot")
    found = next((each for each in call.workspace.users.values() if each.bot_id == wanted), None)
    if found is None:
        raise SlackError("bot_not_found")
    profile = shapes.bot_profile(call.workspace, found.bot_id, found.app_id)
    return {"bot": {**profile, "user_id": found.id}}
