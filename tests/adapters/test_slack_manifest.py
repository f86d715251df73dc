"""The manifest asks for what the code uses: no more, no less."""

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from adapters.slack.interactions import COMMAND, SHORTCUT, SHORTCUTS
from adapters.slack.parse import EVENTS
from adapters.slack.scopes import SCOPES
from tests.standins.slack import events

ROOT = Path(__file__).parents[2]
SPECS = ROOT.parent / "shared" / "specs" / "slack" / "methods"
MANIFEST = YAML(typ="safe").load((ROOT / "slack-manifest.yaml").read_text("utf-8"))

#: What slack_sdk does in one call, Slack does in several.
TOGETHER = {"files.upload_v2": ("files.getUploadURLExternal", "files.completeUploadExternal")}
#: Conversations of several people are none of ours.
NEVER = {"mpim:history", "mpim:read", "mpim:write"}
#: One of several scopes will do for these, or none is needed.
ENOUGH = {"conversations.open": {"im:write"}}


def called():
    """Every method of the Web API that is named in the code."""
    named = re.compile(r'"((?:apps|auth|chat|conversations|files|reactions|users|views)\.[\w.]+)"')
    for path in [*(ROOT / "adapters" / "slack").glob("*.py"), *(ROOT / "bot" / "platforms").glob("*.py")]:
        for name in named.findall(path.read_text("utf-8")):
            yield from TOGETHER.get(name, (name,))


def scopes_of(method):
    spec = json.loads((SPECS / f"{method}.json").read_text("utf-8"))
    return {each["name"] for each in spec["scopes"].get("bot", ())}


def test_the_manifest_asks_for_the_scopes_of_the_code():
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES.keys()
    assert "user" not in MANIFEST["oauth_config"]["scopes"]


def test_the_manifest_subscribes_to_what_is_understood():
    assert set(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == EVENTS


def test_what_can_be_pressed_is_understood():
    shortcuts = MANIFEST["features"]["shortcuts"]
    assert {each["callback_id"] for each in shortcuts if each["type"] == "message"} == SHORTCUTS.keys()
    assert {each["callback_id"] for each in shortcuts if each["type"] == "global"} == {SHORTCUT}
    assert [each["command"] for each in MANIFEST["features"]["slash_commands"]] == [COMMAND]
    # https://docs.slack.dev/reference/app-manifest
    assert all(len(each["name"]) <= 24 and len(each["description"]) <= 150 for each in shortcuts)
    assert len(MANIFEST["display_information"]["description"]) <= 140
    assert 174 <= len(MANIFEST["display_information"]["long_description"]) <= 4000


@pytest.mark.skipif(not SPECS.is_dir(), reason="Slack's own list of methods (../shared/specs) is not there")
def test_every_call_is_allowed():
    for method in set(called()):
        needed = ENOUGH.get(method, scopes_of(method) - NEVER - {"im:read"})
        assert needed <= SCOPES.keys(), method


@pytest.mark.skipif(not SPECS.is_dir(), reason="Slack's own list of methods (../shared/specs) is not there")
def test_every_scope_is_used():
    by_calls = set().union(*(scopes_of(each) for each in set(called())))
    by_events = {scope for each in EVENTS for scope in events.SCOPES.get(each, ())}
    assert SCOPES.keys() - by_calls - by_events == {"commands"}
