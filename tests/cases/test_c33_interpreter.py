"""C33, C36: what the interpreter and a terminal are told by variables; an exception that nobody foresaw is one line too."""

import http.server
import os
import pty
import re
import subprocess
from pathlib import Path
from threading import Thread

import pytest

from tests.cases.surroundings import labctl
from tests.driver import LABCTL


@pytest.mark.parametrize("words", [("--help",), ("config",), ("version",), ("status", "--help")])
def test_without_docstrings_every_command_works(words: tuple[str, ...]) -> None:
    assert labctl(*words, env={"PYTHONOPTIMIZE": "2"}).returncode == 0


def on_a_terminal(*words: str, **env: str) -> bytes:
    """What labctl writes to a terminal."""
    ours, theirs = pty.openpty()
    given = {name: value for name, value in os.environ.items() if not name.startswith(("LABCTL_", "NO_COLOR", "CLICOLOR"))}
    with subprocess.Popen([LABCTL, *words], env={**given, "TERM": "xterm", **env}, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        said = b""
        while True:
            try:
                said += os.read(ours, 65536)
            except OSError:
                os.close(ours)
                return said


def test_an_error_on_a_terminal_is_coloured() -> None:
    assert b"\033[31merror" in on_a_terminal("status", LABCTL_SERVICE_PORT="0")


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"CLICOLOR": "0"}, {"TERM": ""}])
def test_an_error_on_a_terminal_without_colours_is_plain(env: dict[str, str]) -> None:
    said = on_a_terminal("status", LABCTL_SERVICE_PORT="0", **env)
    assert b"error: LABCTL_SERVICE_PORT=0" in said
    assert b"\033" not in said


def test_a_fault_is_one_line_and_a_file(tmp_path: Path) -> None:
    code = "import labctl.config; labctl.config.load = None; from labctl.cli import main; main()"
    python = str(Path(LABCTL).parent / "python")
    env = {**os.environ, "LABCTL_STATE_DIR": str(tmp_path)}
    done = subprocess.run([python, "-c", code, "status"], env=env, capture_output=True, text=True, timeout=30, check=False)
    first, second = done.stderr.splitlines()
    assert done.returncode == 1
    assert first == "error: internal error in labctl: TypeError: 'NoneType' object is not callable"
    [report] = tmp_path.glob("labctl-fault-*.txt")
    assert str(report) in second
    assert "Traceback" in report.read_text()
    shown = subprocess.run([python, "-c", code, "status"], env={**env, "LABCTL_DEBUG": "1"}, capture_output=True, text=True,
                           timeout=30, check=False)
    assert "Traceback" in shown.stderr


def test_what_the_interpreter_prints_at_its_start_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print(1)\nprint('{}')\n")
    env = {"PYTHONPATH": str(tmp_path), "LABCTL_STATE_DIR": str(tmp_path)}
    class Fine(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fine) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/predict"
        done = labctl("load", "--url", url, "-n", "5", "-c", "1", env=env)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    assert re.search(r"requests +5 ", done.stdout), done.stdout
