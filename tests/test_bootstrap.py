"""From a fresh clone to an environment: what the two commands do before anything is installed.

Nothing here uses the network. venv and pip are played by a small program (`FAKE`) that stands where the
base Python and the environment's Python stand, so that our own part runs as it is, child processes
included.
"""

import ast
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot import bootstrap
from bot.bootstrap import KITS
from bot.installing import SetupFailed, pip_command

ROOT = Path(__file__).resolve().parent.parent
BASE, TEST = KITS["base"], KITS["test"]
PYTHON = bootstrap.base_python()  # outside any environment, as a newcomer's is

# Called as base Python (`-I -m venv DIR`) it makes DIR/bin/python, a copy of itself. Called as that
# (`-I -u -m pip ...`) it says what the file `pip-says` holds and exits with its first line; if there is a
# fifo `hold`, it waits for it. Called with anything else, it tells how it was called.
FAKE = """#!/bin/sh
here="{scene}"
case "$*" in
*"-m venv"*)
    for last; do :; done
    echo venv >> "$here/calls"
    mkdir -p "$last/bin" && cp "$0" "$last/bin/python" ;;
*"-m pip"*)
    for last; do :; done
    echo "pip $last" >> "$here/calls"
    sed 1d "$here/pip-says"
    [ -p "$here/hold" ] && cat "$here/hold" > "$here/held"
    exit "$(head -n 1 "$here/pip-says")" ;;
*) echo "stepped in: $*" ;;
esac
"""

PYPROJECT = """
[project]
dependencies = ["click"]
"""


@pytest.fixture(autouse=True)
def patience():
    """A child that is never let go must fail its test, not hold up the suite."""

    def give_up(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """A checkout with Runda's bootstrap and two small kits, and a fake base Python."""
    checkout = tmp_path / "clone"
    (checkout / "requirements").mkdir(parents=True)
    (checkout / "bot").mkdir()
    for name in ("__init__", "__main__", "bootstrap", "installing"):
        shutil.copy(ROOT / "bot" / f"{name}.py", checkout / "bot")
    (checkout / "pyproject.toml").write_text(PYPROJECT)
    (checkout / "requirements" / "base.txt").write_text("click==8.3.0 \\\n    --hash=sha256:00\n")
    (checkout / "requirements" / "test.txt").write_text("click==8.3.0 \\\npytest==9.0 \\\n")
    fake = tmp_path / "python"
    fake.write_text(FAKE.format(scene=tmp_path))
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(bootstrap, "base_python", lambda: str(fake))
    made = SimpleNamespace(root=tmp_path, checkout=checkout, venv=checkout / ".venv", fake=fake)
    pip_says(made, 0, "Collecting click==8.3.0", "Installing collected packages: click")
    return made


def pip_says(scene, code, *lines):
    (scene.root / "pip-says").write_text("\n".join([str(code), *lines]) + "\n")


def calls(scene):
    """What was started since the last look: `venv`, or `pip` with its requirement file."""
    path = scene.root / "calls"
    said = path.read_text().split("\n")[:-1] if path.exists() else []
    path.unlink(missing_ok=True)
    return [line.replace(f"{scene.checkout}/requirements/", "") for line in said]


def prepare(scene, kit=BASE):
    """Set up; what was said."""
    out = io.StringIO()
    assert bootstrap.prepare(kit, scene.checkout, out) == scene.venv / "bin" / "python"
    return out.getvalue()


# --- once


def test_the_first_time_makes_the_environment_and_tells_how_it_goes(scene):
    said = prepare(scene).splitlines()
    assert calls(scene) == ["venv", "pip base.txt"]
    assert said[0] == "Setting up Runda in .venv (once; about 20 seconds) ..."
    assert "  1/1 click" in said
    assert said[-1].startswith("Runda is set up (")


def test_the_second_time_starts_nothing_and_says_nothing(scene):
    prepare(scene)
    calls(scene)
    assert prepare(scene) == ""
    assert calls(scene) == []


def test_the_tests_packages_are_added_to_what_is_there(scene):
    prepare(scene)
    prepare(scene, TEST)
    assert calls(scene) == ["venv", "pip base.txt", "pip test.txt"]
    assert prepare(scene) == prepare(scene, TEST) == ""


def test_the_tests_environment_will_do_for_the_main_command(scene):
    prepare(scene, TEST)
    assert prepare(scene) == ""


# --- anew


def change_lock(scene):
    (scene.checkout / "requirements" / "base.txt").write_text("click==8.4.0 \\\n")


def change_dependencies(scene):
    (scene.checkout / "pyproject.toml").write_text(PYPROJECT.replace("click", "click>=8"))


def other_python(scene):
    stamp = json.loads((scene.venv / bootstrap.STAMP).read_text())
    (scene.venv / bootstrap.STAMP).write_text(json.dumps(stamp | {"python": "cpython-310 linux-x86_64"}))


def broken_stamp(scene):
    (scene.venv / bootstrap.STAMP).write_text("{")


def no_python(scene):
    (scene.venv / "bin" / "python").unlink()


def interrupted(scene):
    bootstrap.write_stamp(scene.venv, {})


@pytest.mark.parametrize(
    "harm", [change_lock, change_dependencies, other_python, broken_stamp, no_python, interrupted]
)
def test_it_is_made_anew_from_nothing(scene, harm):
    prepare(scene)
    (scene.venv / "left-over").touch()
    harm(scene)
    calls(scene)
    prepare(scene)
    assert calls(scene) == ["venv", "pip base.txt"]
    assert not (scene.venv / "left-over").exists()
    assert prepare(scene) == ""


def test_a_half_made_folder_without_a_stamp_is_replaced(scene):
    (scene.venv / "lib").mkdir(parents=True)
    prepare(scene)
    assert not (scene.venv / "lib").exists()


def test_somebody_elses_environment_is_moved_aside(scene):
    for content in ("first", "second"):
        (scene.venv / "bin").mkdir(parents=True)
        (scene.venv / "bin" / "python").write_text(content)
        said = prepare(scene)
        shutil.rmtree(scene.venv)
    assert (scene.checkout / ".venv-aside-1" / "bin" / "python").read_text() == "first"
    assert (scene.checkout / ".venv-aside-2" / "bin" / "python").read_text() == "second"
    assert "There was a .venv that Runda had not made; it is now .venv-aside-2." in said


# --- killed, and two at once


STARTER = "import bot.bootstrap as b; b.base_python = lambda: {fake!r}; b.enter('base')"


def start(scene, *arguments, **more):
    """The command in a process of its own, with the fake for base Python."""
    code = STARTER.format(fake=str(scene.fake))
    return subprocess.Popen(
        [PYTHON, "-c", code, *arguments], cwd=scene.checkout, text=True, stderr=subprocess.PIPE, **more
    )


def test_killed_while_pip_runs_then_started_again(scene):
    """The pip that was left behind still writes: the next start waits for it, then begins from nothing."""
    os.mkfifo(scene.root / "hold")
    first = start(scene)
    while "1/1 click" not in first.stderr.readline():
        assert first.poll() is None
    with (scene.root / "hold").open("w") as pip_is_held:
        first.send_signal(signal.SIGKILL)
        first.communicate()
        (scene.root / "hold").unlink()
        second = start(scene, stdout=subprocess.PIPE)
        assert "waiting for it" in second.stderr.readline()
        pip_is_held.write("go on")
    said, told = second.communicate(timeout=30)
    assert calls(scene) == ["venv", "pip base.txt", "venv", "pip base.txt"]
    assert "Setting up Runda" in told
    assert said.startswith("stepped in: ")


def test_two_at_once_make_it_once(scene):
    both = [start(scene, stdout=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=30)[0] for process in both]
    assert calls(scene) == ["venv", "pip base.txt"]
    assert all(line.startswith("stepped in: ") for line in said)


def test_it_steps_in_with_the_same_arguments(scene):
    said, _ = start(scene, "demo", "--language", "nn", stdout=subprocess.PIPE).communicate(timeout=30)
    assert said.rstrip().endswith("demo --language nn")


# --- when it goes wrong


NO_NETWORK = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None)) after connection broken by \
'NewConnectionError('...: Failed to establish a new connection: [Errno -2] Name or service not known')'
ERROR: Could not find a version that satisfies the requirement click==8.3.0 (from versions: none)"""

NO_BUILD = """\
ERROR: Could not find a version that satisfies the requirement click==99 (from versions: 8.0, 8.1)
ERROR: No matching distribution found for click==99"""

OTHER_FILE = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
FULL = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"


@pytest.mark.parametrize(
    ("pip", "told"),
    [
        (NO_NETWORK, "the package index cannot be reached."),
        (NO_BUILD, "no ready-made build for this Python"),
        (OTHER_FILE, "not the one that"),
        (FULL, "disk is full"),
        ("ERROR: something never seen before", "pip failed."),
    ],
)
def test_what_pip_says_is_told_in_plain_words_with_its_last_lines(scene, pip, told):
    pip_says(scene, 1, "Collecting click==8.3.0", *pip.splitlines())
    with pytest.raises(SetupFailed) as failure:
        prepare(scene)
    text = str(failure.value)
    assert told in text.splitlines()[0]
    assert pip.splitlines()[-1] in text
    assert (scene.venv / "setup.log").read_text().startswith("Collecting")
    assert not bootstrap.is_ready(BASE, scene.checkout)


def test_the_command_ends_with_1_and_no_traceback(scene):
    pip_says(scene, 1, "ERROR: no such thing")
    process = start(scene)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Runda could not set itself up: pip failed." in told
    assert "Traceback" not in told


def test_without_network_what_was_there_still_works(scene):
    prepare(scene)
    pip_says(scene, 1, "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken")
    with pytest.raises(SetupFailed):
        prepare(scene, TEST)
    assert prepare(scene) == ""


def test_failed_while_installing_nothing_is_trusted(scene):
    prepare(scene)
    pip_says(scene, 1, "Installing collected packages: pytest", "[Errno 28] No space left on device")
    with pytest.raises(SetupFailed):
        prepare(scene, TEST)
    assert not bootstrap.is_ready(BASE, scene.checkout)


def test_a_python_without_venv_is_told_what_to_install(scene, monkeypatch):
    monkeypatch.setattr(bootstrap, "_is_importable", lambda module: module != "ensurepip")
    with pytest.raises(SetupFailed, match="apt install python3-venv"):
        prepare(scene)
    assert not scene.venv.exists()


def test_what_the_system_refuses_is_told_with_its_place(scene):
    (scene.checkout / ".venv.lock").mkdir()
    with pytest.raises(SetupFailed, match=r"Is a directory \(.*\.venv\.lock\)"):
        prepare(scene)


# --- progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_one_line_is_rewritten(scene):
    out = Terminal()
    bootstrap.prepare(BASE, scene.checkout, out)
    assert "\r\x1b[K  1/1 click ..." in out.getvalue()
    assert out.getvalue().count("\n") == 2  # what it starts, and that it is done


def test_a_long_silence_is_broken(scene, monkeypatch):
    """pip says nothing until it is let go; meanwhile the user is told that it is alive."""
    monkeypatch.setattr("bot.installing.QUIET_S", 0.01)
    os.mkfifo(scene.root / "hold")

    class Watched(io.StringIO):
        def write(self, text):
            if "them ... 0 s" in text and (scene.root / "hold").exists():
                (scene.root / "hold").write_text("go on")
                (scene.root / "hold").unlink()
            return super().write(text)

    out = Watched()
    bootstrap.prepare(BASE, scene.checkout, out)
    assert "installing them ... 0 s" in out.getvalue()
    assert (scene.root / "held").read_text() == "go on"


def test_pip_is_held_to_the_locked_files_and_no_index_is_named():
    command = pip_command(Path("python"), Path("requirements/base.txt"))
    assert {"--require-hashes", "--only-binary", "--no-input"} <= set(command)
    assert not any("index" in word or "link" in word for word in command)


# --- where it runs


def test_an_installed_runda_goes_straight_on(scene):
    """No pyproject.toml beside it: a wheel. What it needs is there, or the wheel is wrong and says so."""
    (scene.checkout / "pyproject.toml").unlink()
    (scene.checkout / "bot" / "cli.py").write_text("def main():\n    print('the command runs')\n")
    done = subprocess.run(
        [sys.executable, "-m", "bot"], cwd=scene.checkout, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("the command runs\n", "")


@pytest.mark.parametrize(("module", "home"), [("json", True), ("no_such.module", False)])
def test_another_active_environment_will_do_if_it_has_everything(scene, monkeypatch, module, home):
    monkeypatch.setattr(sys, "prefix", "/somewhere/else")
    kit = bootstrap.Kit("base", ".venv", "", imports=(module,))
    assert bootstrap._is_home(kit, scene.checkout) is home


def test_what_lies_about_in_the_systems_python_does_not_count(scene, monkeypatch):
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert not bootstrap._is_home(bootstrap.Kit("base", ".venv", "", imports=("json",)), scene.checkout)


# --- old Pythons


@pytest.mark.parametrize("module", ["bot", "tests.__main__"])
def test_an_old_python_is_refused_politely(module):
    code = f"import sys; sys.version_info = (3, 9, 18); sys.executable = '/usr/bin/python3'; import {module}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Runda needs Python 3.11 or newer; this is 3.9 (/usr/bin/python3).\n")


@pytest.mark.parametrize(
    "path", ["bot/__init__.py", "bot/__main__.py", "tests/__init__.py", "tests/__main__.py"]
)
def test_what_an_old_python_reads_first_has_no_newer_syntax(path):
    ast.parse((ROOT / path).read_text("utf-8"), feature_version=(3, 6))


def test_what_many_processes_read_is_compiled_once(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    with bootstrap.compiling_once():
        folder = Path(os.environ["PYTHONPYCACHEPREFIX"])
        subprocess.run([sys.executable, "-c", "import bot.clock"], cwd=bootstrap.find_checkout(), check=True)
        assert [each.name.split(".")[0] for each in folder.rglob("clock.*.pyc")] == ["clock"]
    assert not folder.exists()
