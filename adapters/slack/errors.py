"""What Slack's refusals mean to the house, in one table. Pure.

`Refused`: this message never goes; `Shut`: the place, or the whole workspace, takes nothing until somebody has mended
it; `Later`: the bucket is closed for as long as Slack says; `Unclear` (an OSError): nobody knows whether it arrived.
A code that is not in the table is a refusal: Slack answered, so it has not taken the message.

https://docs.slack.dev/reference/methods/chat.postMessage#errors, and those of the other methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.port import Later, Refused, Shut

#: By a key under `delivery.why`. What closes a place:
PLACE = {
    "is_archived": "archived",
    "channel_not_found": "not-found",
    "not_in_channel": "removed",
    "messages_tab_disabled": "forbidden",
    "restricted_action": "forbidden",
    "restricted_action_read_only_channel": "forbidden",
    "restricted_action_thread_locked": "forbidden",
    "restricted_action_thread_only_channel": "forbidden",
    "restricted_action_non_threadable_channel": "forbidden",
    "posting_to_channel_denied": "forbidden",
    "channel_is_limited_access": "forbidden",
    "external_channel_migrating": "forbidden",
}
#: What closes the workspace:
WHOLE = {
    "invalid_auth": "revoked",
    "not_authed": "revoked",
    "token_revoked": "revoked",
    "token_expired": "revoked",
    "not_allowed_token_type": "revoked",
    "account_inactive": "uninstalled",
    "app_uninstalled": "uninstalled",
    "missing_scope": "scope",
    "no_permission": "scope",
    "access_denied": "forbidden",
    "ekm_access_denied": "forbidden",
    "org_login_required": "forbidden",
    "team_access_not_granted": "forbidden",
    "enterprise_is_restricted": "forbidden",
    "accesslimited": "forbidden",
    "two_factor_setup_required": "forbidden",
}
#: What refuses one message:
MESSAGE = {
    "msg_too_long": "too-long",
    "msg_blocks_too_long": "too-long",
    "message_not_found": "lost",
    "thread_not_found": "lost",
    "file_deleted": "lost",
    "file_not_found": "lost",
    "cannot_reply_to_message": "lost",
    "cant_update_message": "forbidden",
    "edit_window_closed": "forbidden",
    "is_inactive": "forbidden",
    "user_not_in_channel": "forbidden",
    "user_not_found": "gone",
    "user_not_visible": "gone",
    "user_disabled": "gone",
    "cannot_dm_bot": "gone",
}
#: Slack's own trouble: it may have taken the message.
UNCLEAR = frozenset(
    (
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "update_failed",
        "team_added_to_org",
    )
)
TOO_MANY = frozenset(("ratelimited", "rate_limited", "message_limit_exceeded"))
#: Seconds to wait where Slack does not say.
WAIT = 30.0


class Unclear(OSError):
    """Nobody knows whether Slack did it."""


def told(status: int, answer: Any, headers: Mapping[str, str], bucket: str) -> Exception:
    """What an answer that is not `ok` means; `bucket` is what is closed if it says that there were too many."""
    code = str(answer.get("error") or "") if isinstance(answer, dict) else ""
    if status == 429 or code in TOO_MANY:
        return Later(bucket, seconds(headers))
    if status >= 500 or not code or code in UNCLEAR:
        return Unclear(f"Slack answered {code or status}")
    if code in WHOLE:
        return Shut(WHOLE[code], _detail(code, answer), whole=True)
    if code in PLACE:
        return Shut(PLACE[code], code)
    return Refused(MESSAGE.get(code, "unknown"), _detail(code, answer))


def _detail(code: str, answer: Mapping[str, Any]) -> str:
    """A scope that is missing is named; nothing else of an answer is, as it may quote what was sent."""
    return f"{code}: {answer['needed']}" if code == "missing_scope" and answer.get("needed") else code


def seconds(headers: Mapping[str, str]) -> float:
    """How long Slack says to wait."""
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        return max(1.0, float(said))
    except ValueError:
        return WAIT
