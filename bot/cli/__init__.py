"""The command `runda`: options that all commands share, where each command lives, and how errors are told.

The rules:

- Nothing is imported before it is needed. `runda --help` and `runda --version` load click and little else, so
  every command stands in `COMMANDS` by name, with its line of help.
- A command is handed the `Caller` by `@click.pass_obj`: settings, clock, and a database that is opened when it
  is asked for.
- A command raises; it neither prints errors nor exits. What users can mend stands in `TOLD`, and is printed
  in words, without a traceback. Anything else is a fault of ours, and keeps its traceback.
"""

from __future__ import annotations

import os
import pkgutil
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from bot import __version__

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.settings import Settings
    from storage.database import Database

FAILED, MISUSED = 1, 2
EXIT_CODES = (
    "Exit codes: 0 done; 1 something went wrong (the database, a full disk, a platform); "
    "2 wrong use, or a faulty file."
)

#: Headings of the help, and under each: command, where it lives, and its line.
COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "Try it": {
        "demo": ("bot.cli.demo:demo", "Play a whole meeting series on a clock of its own."),
        "try": ("bot.cli.demo:try_", "Take part yourself, among four played colleagues."),
    },
    "Plan and run": {
        "programmes": ("bot.cli.programmes:programmes", "List the programmes, and what each is for."),
        "series": ("bot.cli.series:series", "Plan meeting series, and change them."),
        "coordinator": ("bot.cli.coordinator:coordinator", "Say who may set up series from a chat."),
        "idea": ("bot.cli.ideas:idea", "Take in ideas, and assess them without names."),
        "simulate": ("bot.cli.simulating:simulate", "Print every message that will be sent, and when."),
        "serve": ("bot.cli.serve:serve", "Run the facilitator, until it is stopped."),
        "recap": ("bot.cli.recaps:recap", "Read recaps, edit, hold or approve them, make files."),
        "calendar": ("bot.cli.calendars:calendar", "Put a series in people's own calendars."),
        "document": ("bot.cli.documents:document", "Make files of recaps; slides and sheets for a session."),
        "chat": ("bot.cli.chat:chat", "Take part in the terminal, line by line."),
        "say": ("bot.cli.chat:say", "Say one thing as somebody in the terminal, and leave."),
    },
    "Write": {
        "new": ("bot.cli.programmes:new", "Begin a programme of your own, with comments."),
        "check": ("bot.cli.programmes:check", "Find every fault of a programme file."),
    },
    "Answer for": {
        "people": ("bot.cli.rights:people", "Show somebody what is kept of them, or erase it."),
        "retention": ("bot.cli.rights:retention", "How long what people write is kept."),
        "archive": ("bot.cli.rights:archive", "Make files for an archive."),
        "audit": ("bot.cli.rights:audit", "List who did what, and when."),
        "checklist": ("bot.cli.rights:checklist", "What is settled before a series begins."),
    },
    "For other programs": {
        "token": ("bot.cli.api:token", "Let programs read the schedule and approved recaps."),
        "webhook": ("bot.cli.api:webhook", "Have programs told when something has changed."),
    },
    "Look after": {
        "doctor": ("bot.cli.serve:doctor", "Say what is set up, what is missing, and what to do."),
        "why": ("bot.cli.why:why", "Say why messages came, or did not come."),
        "migrate": ("bot.cli.database:migrate", "Make the database, or bring it up to this version."),
        "backup": ("bot.cli.database:backup", "Copy the database to a file, while it is in use."),
        "restore": ("bot.cli.database:restore", "Put a backup back."),
        "parked": ("bot.cli.database:parked", "Show what could not be taken in, and try it again."),
    },
}
_WHERE = {name: where for listed in COMMANDS.values() for name, (where, _) in listed.items()}

#: What users can mend: module, exception, exit code (None: a fault of ours after all). The first that fits counts.
#: A module that is not loaded has raised nothing, so none is imported for this.
TOLD: tuple[tuple[str, str, int | None], ...] = (
    ("storage.database", "DatabaseProblem", FAILED),
    ("sqlalchemy.exc", "IntegrityError", None),
    ("sqlalchemy.exc", "ProgrammingError", None),
    ("sqlalchemy.exc", "DataError", None),
    ("sqlalchemy.exc", "DatabaseError", FAILED),
    ("bot.settings", "Misconfigured", MISUSED),
    ("bot.library", "FaultyProgramme", MISUSED),
    ("bot.library", "NoSuchProgramme", MISUSED),
    ("bot.series.problems", "SeriesProblem", MISUSED),
    ("flows.calendar", "AskAbout", MISUSED),
    ("flows.calendar", "UnknownZone", MISUSED),
    ("flows.rules", "UnreadableRule", MISUSED),
    ("builtins", "OSError", FAILED),
)

#: The languages that Runda speaks; a test holds this to `flows.programme`, which takes long to import.
SPOKEN = ("nb", "nn", "sv", "en")


class Told(click.ClickException):
    """Something that the user can mend, in words."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__(words)
        self.exit_code = code  # type: ignore[misc]  # click reads it from the instance too

    def show(self, file: Any = None) -> None:
        click.echo(f"runda: {self.message}", file=file, err=file is None)


@dataclass
class Caller:
    """What every command is handed. Tests hand in a clock of their own, by `obj=Caller(clock)`."""

    clock: Clock = field(default_factory=lambda: _system_clock())
    #: Options that were given on the command line or by the environment.
    given: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        """Options first, then the environment, then the file `.env`."""
        from pydantic import ValidationError

        from bot.settings import Settings

        try:
            return Settings(**self.given)
        except ValidationError as problem:
            wrong = "; ".join(
                f"{_called(str(each['loc'][0]))}: {each['msg'].removeprefix('Value error, ')}"
                for each in problem.errors()
            )
            raise Told(
                f"A setting cannot be used. {wrong}. Correct the environment or .env.", MISUSED
            ) from problem

    @property
    def language(self) -> str:
        """The language asked for, otherwise the machine's, otherwise English."""
        return self.settings.language or machine_language(os.environ)

    @cached_property
    def _opened(self) -> Database:
        from storage.database import Database

        return Database(self.settings.database)

    def database(self, *, new: bool = False) -> Database:
        """The database, once it is known to be of this version; `new`: made if there is none.

        Raises DatabaseProblem.
        """
        from storage.database import DatabaseProblem

        database = self._opened
        if database.path is not None and not database.path.exists():
            if not new:
                raise DatabaseProblem(
                    f"There is no database at {database.path}. Make one with: runda migrate. "
                    "If there should be one, say where with --data or --database."
                )
            from storage.migrate import upgrade

            database.path.parent.mkdir(parents=True, exist_ok=True)
            upgrade(database)
        database.check()
        return database

    def close(self) -> None:
        if "_opened" in self.__dict__:
            self._opened.close()


def _called(setting: str) -> str:
    """What people call a setting: a fault of one in `.env` is told by its field's name, or already by its own."""
    from bot.settings import Settings

    return Settings.twin(setting) if setting in Settings.model_fields else setting


def _system_clock() -> Clock:
    from bot.clock import SystemClock

    return SystemClock()


def machine_language(environ: Any) -> str:
    """The first language that both the machine's settings and Runda speak; `no` is bokmål."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if named := environ.get(variable):
            spoken = named.replace("-", "_").partition("_")[0].partition(".")[0].lower()
            spoken = {"no": "nb"}.get(spoken, spoken)
            return spoken if spoken in SPOKEN else "en"
    return "en"


class Commands(click.Group):
    """The commands by name, each loaded when it is called."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(_WHERE)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in _WHERE:
            return None
        command: click.Command = pkgutil.resolve_name(_WHERE[name])
        return command

    def _before_the_command(self, ctx: click.Context, problem: click.NoSuchOption) -> click.UsageError | None:
        """An option of all commands that was given after the command; its likeness to another would mislead."""
        given = next((param for param in self.params if problem.option_name in param.opts), None)
        if given is None or problem.ctx is None:
            return None
        command = problem.ctx.command_path.removeprefix(ctx.command_path).strip()
        option = " ".join(filter(None, (problem.option_name, given.metavar)))
        said = f"{problem.option_name} comes before the command: {ctx.command_path} {option} {command} …"
        return click.UsageError(said, problem.ctx)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, listed in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, line) for name, (_, line) in listed.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as problem:
            raise self._before_the_command(ctx, problem) or problem from None
        except Exception as problem:
            told = explained(problem)
            if told is None:
                raise
            raise told from problem


def explained(problem: Exception) -> Told | None:
    """A problem as users are told it; None for a fault of ours, and for what click tells itself."""
    if isinstance(problem, BrokenPipeError):
        return None
    for module, name, code in TOLD:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(problem, kind):
            return Told(_in_words(problem), code) if code is not None else None
    return None


def _in_words(problem: Exception) -> str:
    if isinstance(problem, OSError) and problem.strerror:
        where = f": {problem.filename}" if problem.filename else ""
        return f"{problem.strerror}{where}"
    # SQLAlchemy would print the statement, and what people wrote with it.
    if orig := getattr(problem, "orig", None):
        return f"The database could not do it: {orig}. Nothing was changed. Ask: runda doctor"
    return str(problem)


@click.command(
    cls=Commands,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--data",
    envvar="RUNDA_DATA",
    show_envvar=True,
    metavar="FOLDER",
    help="Folder for the embedded database and the terminal's threads. Default: runda-data",
)
@click.option(
    "--database",
    "database_url",
    envvar="DATABASE_URL",
    show_envvar=True,
    metavar="URL",
    help="A PostgreSQL database, by URL. Default: SQLite in the data folder.",
)
@click.option(
    "--organisation",
    envvar="RUNDA_ORGANISATION",
    show_envvar=True,
    metavar="NAME",
    help="The organisation that owns what is set up. Default: Runda",
)
@click.option(
    "--language",
    envvar="RUNDA_LANGUAGE",
    show_envvar=True,
    type=click.Choice(SPOKEN),
    help="Default: the machine's own, otherwise en.",
)
@click.version_option(__version__, "--version", message="runda %(version)s")
@click.pass_context
def runda(ctx: click.Context, /, **given: Any) -> None:
    """The facilitator that never forgets: walks groups through a programme, round by round, in their chat.

    Every option can also be set in the environment, or in a file called .env; an option given here wins.
    Each command explains itself: runda series create --help
    """
    caller = ctx.ensure_object(Caller)
    caller.given = {name: value for name, value in given.items() if value is not None}
    ctx.call_on_close(caller.close)


def main() -> None:
    """The entry point."""
    runda(prog_name="runda")
