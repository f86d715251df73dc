"""The house stands as docs and design say: arrows point down, the ground floor is pure, no traces are left.

Every module of the four rooms is parsed, not imported, so imports inside functions count too.
"""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "flows": set(),
    "storage": {"flows"},
    "adapters": {"flows"},
    "bot": {"flows", "storage", "adapters"},
}

# What flows may take from others: data, texts, dates. No I/O, no platform, no framework.
LIBRARIES_OF_FLOWS = {
    "babel",
    "dateutil",
    "msgspec",
    "pydantic",
    "pydantic_core",
    "ruamel",
    "snowballstemmer",
}

# The parts of the standard library that read a clock, draw at random, wait, or touch the world.
NOT_IN_FLOWS = set(
    """
    asyncio concurrent ctypes glob http io locale logging multiprocessing os pathlib queue random sched secrets
    select shutil signal smtplib socket sqlite3 ssl subprocess sys tempfile threading time urllib uuid
    """.split()  # noqa: SIM905 - easier to read than as many strings
)

CLOCKS = {f"{kind}.{name}" for kind in ("datetime", "date") for name in ("now", "utcnow", "today")}
CLOCKS |= {"time.time", "time.time_ns", "time.localtime", "time.gmtime"}


def modules(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that is imported, wherever in the module it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
        elif isinstance(node, ast.Call) and dotted(node.func).endswith(("import_module", "__import__")):
            name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else "?"
            yield node.lineno, str(name)


def dotted(node: ast.AST) -> str:
    """`a.b.c` for such an expression, otherwise the part that can be read so."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, dotted(node.func)


# --- the rules, each a function from source to what is wrong in it


def wrong_ways(room: str, tree: ast.AST) -> list[str]:
    """Imports that point up or sideways. Relative ones are not used: an arrow should be readable."""
    others = MAY_IMPORT.keys() - MAY_IMPORT[room] - {room} | {"tests"}
    return [
        f"line {line}: {room} imports {name}"
        for line, name in imports(tree)
        if name.partition(".")[0] in others or name.startswith((".", "?"))
    ]


def impure(tree: ast.AST) -> list[str]:
    """What does not belong in flows."""
    found = [
        f"line {line}: imports {name}"
        for line, name in imports(tree)
        if (top := name.partition(".")[0]) in NOT_IN_FLOWS
        or top not in sys.stdlib_module_names | LIBRARIES_OF_FLOWS | {"flows"}
    ]
    found += [
        f"line {line}: calls {name}"
        for line, name in calls(tree)
        if name in {"open", "input", "print"} or reads_clock(name) or name.endswith(("uuid1", "uuid4"))
    ]
    found += [
        f"line {node.lineno}: async"
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await)
    ]
    return found


def reads_clock(call: str) -> bool:
    return ".".join(call.split(".")[-2:]) in CLOCKS


# --- the house


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_point_down(room):
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in modules(room)
        if (found := wrong_ways(room, ast.parse(path.read_text("utf-8"))))
    }
    assert wrong == {}


def test_flows_is_pure():
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in modules("flows")
        if (found := impure(ast.parse(path.read_text("utf-8"))))
    }
    assert wrong == {}


def test_only_the_clock_reads_the_clock():
    """bot/clock.py is where the time comes from; everything else gets it handed in."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in modules(*MAY_IMPORT)
        if path != ROOT / "bot" / "clock.py"
        for line, name in calls(ast.parse(path.read_text("utf-8")))
        if reads_clock(name)
    ]
    assert wrong == []


def test_every_room_is_there():
    """So that a renamed folder cannot make the rules above hold for nothing."""
    assert {room for room in MAY_IMPORT if modules(room)} == set(MAY_IMPORT)


# --- the rules notice what they are for


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("flows", "import storage"),
        ("flows", "def f():\n    from bot.settings import Settings"),
        ("storage", "import adapters.terminal"),
        ("adapters", "from storage import unit"),
        ("adapters", "from bot import clock"),
        ("bot", "import tests.fakes"),
        ("storage", "from . import tables"),
        ("storage", "importlib.import_module('bot.cli')"),
        ("storage", "importlib.import_module(name)"),
    ],
)
def test_an_arrow_up_or_sideways_is_seen(room, source):
    assert len(wrong_ways(room, ast.parse(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio",
        "import os.path",
        "def f():\n    import random",
        "from time import sleep",
        "import sqlalchemy",
        "from telegram import Update",
        "import slack_bolt",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "async def f(): ...",
        "open('x')",
    ],
)
def test_what_is_impure_is_seen(source):
    assert len(impure(ast.parse(source))) == 1


@pytest.mark.parametrize("source", ["from datetime import time", "import flows.state", "clock.now()"])
def test_what_is_pure_is_left_alone(source):
    assert impure(ast.parse(source)) == []


# --- what is installed


def locked(name: str) -> dict[str, str]:
    """Package -> version in `requirements/<name>.txt`."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.!+-]+) \\$", text, re.MULTILINE))


def wanted(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = project["dependencies"] + [x for e in extras for x in project["optional-dependencies"][e]]
    return {re.split(r"[^\w.-]", line)[0].lower().replace(".", "-").replace("_", "-") for line in lines}


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("base", []),
        ("postgres", ["postgres"]),
        ("platforms", ["postgres", "slack", "telegram"]),
        ("test", ["slack", "telegram"]),
    ],
)
def test_what_the_project_needs_is_locked(name, extras):
    """Fails after a change of pyproject.toml without .ci/lock."""
    assert wanted(*extras) <= locked(name).keys()


@pytest.mark.parametrize("name", ["postgres", "platforms", "test", "lint"])
def test_all_kits_have_the_versions_that_people_run(name):
    base = locked("base")
    assert {package: locked(name)[package] for package in base} == base


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.stem)
def test_every_locked_package_has_hashes_and_no_address(path):
    text = path.read_text("utf-8")
    assert re.findall(r"^[\w.-]+==[^\\\n]*\\\n(?! +--hash=sha256:)", text, re.MULTILINE) == []
    assert "//" not in text
    assert "--index" not in text


# --- the image


def test_the_image_is_handed_what_it_copies_and_nothing_else():
    """The image changed from one list of packages to another, and `.dockerignore` let the old one through."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    handed = re.findall(r"^!(.+?)/?$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    assert sorted(" ".join(copied).split()) == sorted(handed)
    assert [path for path in handed if not (ROOT / path).exists()] == []


# --- traces


# In pieces, so that this file does not contain them.
TRACES = re.compile(
    "|".join(["py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.", r"(?<![\w.])/wo" + "rk/"])
)
MADE = re.compile(r"\.git|\.venv.*|.*cache.*|dist|build|\.hypothesis")


def files() -> Iterator[Path]:
    """The files of the tree, without what commands and tools make in it."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not MADE.fullmatch(name)]
        yield from (Path(folder, name) for name in names)


def test_no_file_names_a_registry_or_a_path_of_someones_machine():
    named = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in files()
        if (found := TRACES.search(path.read_bytes().decode("utf-8", "replace")))
    ]
    assert named == []
