"""./run in a small tree of its own, with a pip that only pretends: what it says when something is missing."""

import ast
import importlib.util
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INSTALLS = """
    from pathlib import Path
    packages = next(Path(target).parents[1].glob("lib/python*/site-packages"))
    server = "import time\\nif __name__ == '__main__': print('serving', flush=True); time.sleep(60)"
    packages.joinpath("gunicorn.py").write_text(server)
"""


class Tree:
    """A copy of ./run beside a lock, a manage.py that is content, and whatever pip a test needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "run", folder / "run")
        (folder / "requirements.txt").write_text("gunicorn==27\n")
        (folder / "manage.py").write_text("")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def pip(self, version: str = "24.0", install: str = "") -> None:
        module = self.folder / "modules" / "pip"
        module.mkdir(parents=True, exist_ok=True)
        (module / "__init__.py").touch()
        start = f"import sys\nif '--version' in sys.argv: sys.exit(print('pip {version} from here'))\n"
        target = "target = sys.argv[sys.argv.index('--python') + 1]\n"
        (module / "__main__.py").write_text(start + target + textwrap.dedent(install))

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "run", *(words or ("--port", str(self.port)))],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self.folder / "modules")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        return process.returncode, (err or out).strip()


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_old_python_is_told_in_one_sentence():
    ast.parse((ROOT / "run").read_text(), feature_version=(3, 7))
    program = "import runpy, sys; sys.version_info = (3, 8, 0); runpy.run_path('run', run_name='__main__')"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (1, "This needs Python 3.11 or newer, and this is Python 3.8.\n")


def test_missing_pip(tree):
    modules = tree.folder / "modules" / "pip"
    modules.mkdir(parents=True)
    (modules / "__init__.py").write_text("raise ModuleNotFoundError")
    code, message = tree.run()
    assert code == 1
    assert message.startswith("pip is missing; install it")


def test_old_pip(tree):
    tree.pip(version="20.3.4")
    assert tree.run() == (1, "pip 20.3 is too old; 22.3 or newer is needed.")


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("NewConnectionError: Failed to establish a new connection", "is there a network?"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "is not the one that the lock names"),
        ("OSError: No space left on device", "the disk is full"),
        ("something else", "The packages could not be installed."),
    ],
)
def test_failed_install(tree, output, sentence):
    tree.pip(install=f"sys.exit({output!r})")
    code, message = tree.run()
    assert code == 1
    assert sentence in message
    assert len(message.splitlines()) == 1


def test_taken_port_is_told_before_anything_is_installed(tree):
    with socket.socket() as other:
        other.bind(("127.0.0.1", tree.port))
        other.listen()
        code, message = tree.run()
    assert (code, message) == (1, f"Port {tree.port} is taken; choose another: ./run --port {tree.port + 1}")
    assert not (tree.folder / ".venv").exists()


def test_stop_signal_reaches_the_server(tree):
    tree.pip(install=INSTALLS)
    process = tree.start()
    assert process.stdout
    while "serving" not in (line := process.stdout.readline()):
        assert line, process.communicate()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == -signal.SIGTERM
    _, err = process.communicate()
    assert "Chart.js could not be fetched; pages show the server-made charts." in err


def test_install_stopped_halfway_begins_again(tree):
    tree.pip(
        install="import pathlib, time; (pathlib.Path(target).parents[1] / 'half').touch(); time.sleep(2)"
    )
    process = tree.start("manage")
    half = tree.folder / ".venv" / "half"
    for _ in range(300):
        if half.exists():
            break
        time.sleep(0.1)
    process.kill()  # its pip goes on for a while
    assert half.exists()
    tree.pip(install=INSTALLS)
    assert tree.run("manage")[0] == 0
    assert not half.exists()
    process.communicate()


def test_second_start_installs_nothing(tree):
    tree.pip(install=INSTALLS)
    assert tree.run("manage")[0] == 0
    tree.pip(install="sys.exit('installed again')")
    assert tree.run("manage")[0] == 0
    (tree.folder / "requirements.txt").write_text("gunicorn==28\n")
    assert tree.run("manage")[0] == 1


def test_environment_without_its_python_is_made_again(tree):
    tree.pip(install=INSTALLS)
    assert tree.run("manage")[0] == 0
    (tree.folder / ".venv" / "bin" / "python").unlink()
    assert tree.run("manage")[0] == 0


def test_secret_key_is_private_and_kept(tree):
    tree.pip()
    tree.run("manage")
    key = tree.folder / "var" / "secret_key"
    first = key.read_text()
    tree.run("manage")
    assert key.read_text() == first
    assert len(first) > 50
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("words", [("--port", "0"), ("--port", "many"), ("serve",)])
def test_wrong_words_are_explained(tree, words):
    code, message = tree.run(*words)
    assert code == 2
    assert "usage: ./run" in message


def test_locks_are_hashed_and_agree():
    runtime, tests = (
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert runtime.items() <= tests.items()
    for name in ("requirements.txt", "requirements-dev.txt"):
        pins = re.split(r"^(?=[a-z])", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
        assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


# --- Whose environment the tests run in ------------------------------------------------------------------------


@pytest.fixture
def run(monkeypatch):
    """Its functions, in this process."""
    loader = SourceFileLoader("run", str(ROOT / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    monkeypatch.setitem(sys.modules, "run", module)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    return module


def read_by(source):
    """The names that settings ask the environment for; a secret may lie in a file as well."""
    asked = re.findall(r"\benv_(\w+)\(\s*\"([A-Z_]+)\"", source)
    files = {f"{name}_FILE" for kind, name in asked if "secret" in kind}
    return {name for _kind, name in asked} | files


SETTINGS = (ROOT / "config" / "settings.py").read_text()


def test_every_setting_of_the_environment_is_explained(run):
    assert run.names_of_settings(SETTINGS) == read_by(SETTINGS)


@pytest.mark.parametrize("name", sorted(read_by(SETTINGS)))
def test_no_setting_of_this_terminal_reaches_the_tests(run, monkeypatch, name):
    monkeypatch.setenv(name, "of-a-developer")
    assert run.test_environment().get(name) != "of-a-developer"


def test_what_is_no_setting_stays(run, monkeypatch):
    monkeypatch.setenv("LANG_OF_A_DEVELOPER", "kept")
    assert run.test_environment()["LANG_OF_A_DEVELOPER"] == "kept"


def test_guard_reports_a_setting_that_nobody_explained(run):
    source = '"""Read from here:\n\nOLD_NAME  explained\n"""\nX = env_text("NEW_NAME")\nY = env_secret("KEY", "file")\n'
    assert run.names_of_settings(source) == {"OLD_NAME"}
    assert read_by(source) == {"NEW_NAME", "KEY", "KEY_FILE"}
