"""Forms on the command line: an option for each field, and its faults by the option's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from bot.cli import MISUSED, Told
from flows.forms import Field, Form, FormFaults, Values

Command = TypeVar("Command", bound=Callable[..., Any])

#: Options whose field is called otherwise, because `from` is a word of Python.
_OTHERWISE = {"start": "--from"}
_METAVARS = {
    "text": "TEXT", "name": "NAME", "names": "NAMES", "group": "NAME: NAMES", "number": "N", "date": "DATE",
    "time": "HH:MM", "moment": "DATE", "zone": "ZONE", "place": "CHANNEL",
}  # fmt: skip


def asked(form: Form) -> Callable[[Command], Command]:
    """Give a command the options of a form. They come in as keyword arguments, as they were written."""

    def decorate(command: Command) -> Command:
        for field in reversed(form.fields):
            command = _option(field)(command)
        return command

    return decorate


def read(form: Form, given: Mapping[str, Any]) -> Values:
    """The values of the form. Raises Told, with every fault at once, by option."""
    try:
        return form.read(given)
    except FormFaults as faults:
        names = {field.name: option_name(field) for field in form.fields}
        raise Told(
            "\n".join(f"{names[each.field]}: {each.why}" for each in faults.faults), MISUSED
        ) from faults


def option_name(field: Field) -> str:
    return _OTHERWISE.get(field.name, f"--{field.name.replace('_', '-')}")


def _option(field: Field) -> Callable[[Command], Command]:
    if field.kind == "flag":
        return click.option(option_name(field), field.name, is_flag=True, help=field.about)
    notes = ["Required."] if field.required else []
    notes += ["May be repeated."] if field.many else []
    notes += [f"Usually {field.usual}."] if field.usual else []
    return click.option(
        option_name(field),
        field.name,
        multiple=field.many,
        type=click.Choice(field.choices) if field.kind == "choice" else str,
        metavar=None if field.kind == "choice" else _METAVARS[field.kind],
        help=" ".join([field.about, *notes]),
    )
