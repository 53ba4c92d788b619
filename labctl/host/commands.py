"""Other programs (docker, kind, the load generator): run for their output, in the background, or through pipes.

A failure contains the command as a line that can be pasted, and the program's output. Every wait has a timeout.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

from labctl.errors import LabError, NotReady, Refused, os_reason


def own_environment(**more: str) -> dict[str, str]:
    """The environment of this program, less the service's settings: which may hold secrets, and which others take as theirs."""
    return {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")} | more


def need(program: str, advice: str) -> None:
    """Raises Refused when `program`, which kind needs, is not on the PATH."""
    if shutil.which(program) is None:
        raise Refused(f"{program} is not on the PATH", advice=advice, hint="labctl up --target local")


def run(
    argv: Sequence[str], *, timeout: float, stdin: bytes | None = None, env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> bytes:
    """The program's stdout. Raises LabError when it fails, NotReady when it takes longer than `timeout` seconds."""
    try:
        # an empty stdin, so that a program that prompts does not wait at our terminal
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            argv, input=stdin or b"", capture_output=True, timeout=timeout, cwd=cwd, check=False, start_new_session=True,
            env=own_environment() if env is None else env,
        )
    except subprocess.TimeoutExpired:
        raise NotReady(f"{argv[0]} did not answer within {timeout:g} s", detail=line(argv)) from None
    except OSError as error:
        raise Refused(f"{argv[0]} cannot be started: {os_reason(error)}", detail=line(argv)) from None
    if done.returncode:
        raise failed(argv, done.returncode, done.stderr or done.stdout)
    return done.stdout


def refusal(argv: Sequence[str], code: int, *, timeout: float, env: Mapping[str, str], cwd: Path | None) -> str:
    """What the program writes to stderr when it ends with `code`; empty when it ends in any other way."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, env=env, cwd=cwd, check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stderr.decode(errors="replace").strip() if done.returncode == code else ""


def become(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: bool) -> NoReturn:
    """Run the program in place of this one: it has our terminal, and its exit code is ours. Raises LabError when it cannot."""
    sys.stdout.flush()
    try:
        if not stdin:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(cwd)
        os.execvpe(argv[0], list(argv), dict(env))  # noqa: S606 - the user's own command
    except OSError as error:
        raise LabError(f"{argv[0]} cannot be started: {os_reason(error)}", detail=line(argv)) from None


def output_of(argv: Sequence[str], *, timeout: float, env: Mapping[str, str], cwd: Path) -> "subprocess.CompletedProcess[bytes]":
    """Run it for its output, whatever its exit code is. Raises NotReady and LabError."""
    try:
        return subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, env=env, cwd=cwd, check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotReady(f"{argv[0]} did not end within {timeout:g} s", detail=line(argv)) from None
    except OSError as error:
        raise LabError(f"{argv[0]} cannot be started: {os_reason(error)}", detail=line(argv)) from None


class Job:
    """A running program in a session of its own, so that Ctrl-C at the terminal does not reach it; `close` ends it."""

    def __init__(
        self, argv: Sequence[str], stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.argv = argv
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        try:
            self._process = subprocess.Popen(
                argv, stdin=stdin or subprocess.DEVNULL, stdout=stdout or self._said, stderr=self._said,
                env=own_environment() if env is None else env, start_new_session=True,
            )
        except OSError as error:
            self._said.close()
            raise Refused(f"{argv[0]} cannot be started: {os_reason(error)}", detail=line(argv)) from None

    def check(self) -> bool:
        """Whether it has ended. Raises LabError when it failed."""
        code = self._process.poll()
        if code:
            raise failed(self.argv, code, self.said())
        return code is not None

    def wait(self, timeout: float) -> None:
        """Wait until it has ended. Raises LabError when it failed, NotReady when it takes longer than `timeout` seconds."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise NotReady(f"{self.argv[0]} did not end within {timeout:g} s", detail=line(self.argv)) from None
        self.check()

    def end(self, timeout: float) -> None:
        """Ask it to end (SIGTERM), and wait as `wait` does."""
        self._process.terminate()
        self.wait(timeout)

    def said(self) -> bytes:
        self._said.seek(0)
        return self._said.read()

    def close(self) -> None:
        """End it and the processes it has started, if it still runs."""
        if self._process.poll() is None:
            # its whole process group: kind would leave its `docker run` behind
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(5)
        self._said.close()


@contextmanager
def job(argv: Sequence[str], stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None) -> Iterator[Job]:
    """With `stdout` None its output is kept for an error message."""
    started = Job(argv, stdin, stdout)
    try:
        yield started
    finally:
        started.close()


def line(argv: Sequence[str]) -> str:
    return shlex.join(argv)


def failed(argv: Sequence[str], code: int, said: bytes) -> LabError:
    last = "\n".join(said.decode(errors="replace").strip().splitlines()[-12:])
    return LabError(f"{argv[0]} failed with exit code {code}", detail=f"$ {line(argv)}\n{last}")


def spawn_piped(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, stderr: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, with pipes for its stdin and its results; `stderr` None: ours.

    Its last argument is the descriptor to write results to, which we read as `stdout`; its real stdout is /dev/null, since a
    `.pth` file of the environment may print there. `env` None: `own_environment`. Ctrl-C at the terminal does not
    reach it: the caller has to stop it.
    """
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [*argv, str(writing)], env=own_environment() if env is None else env, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=stderr, pass_fds=(writing,), start_new_session=True,
        )
    except OSError as error:
        os.close(reading)
        raise LabError(f"{argv[0]} cannot be started: {os_reason(error)}", detail=line(argv)) from None
    finally:
        os.close(writing)
    process.stdout = os.fdopen(reading, "rb")
    return process


def await_end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until it has ended by itself; after `seconds`, or when we are interrupted a second time, it is killed."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(seconds)
