"""Files from outside as bytes and as text; what is not a file, too large or not UTF-8 is one line."""

import codecs
import os
import stat
from pathlib import Path

from labctl.errors import LabError, Refused

MAX_BYTES = 16 << 20
ENCODINGS = ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"), (codecs.BOM_UTF16_LE, "UTF-16"),
             (codecs.BOM_UTF16_BE, "UTF-16"))       # UTF-32's little-endian mark begins with UTF-16's


def read_bytes(path: Path, *, limit: int = MAX_BYTES, pipes: bool = False, error: type[LabError] = Refused) -> bytes:
    """A regular file's content; with `pipes` also a pipe's, for a path that the user gave, such as <(command)."""
    try:
        # without O_NONBLOCK, opening a named pipe waits for a writer
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (0 if pipes else os.O_NONBLOCK))
        try:
            kind = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(kind) and not (pipes and not stat.S_ISDIR(kind)):
                raise error(f"{path}: expected a file, found {_file_kind(kind)}")
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(limit + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as cause:
        raise error(f"{path}: {_reason(path, cause)}") from None
    if len(content) > limit:
        raise error(f"{path}: larger than {limit >> 20} MiB" if limit >> 20 else f"{path}: larger than {limit} bytes")
    return content


def read_text(path: Path, *, limit: int = MAX_BYTES, pipes: bool = False, error: type[LabError] = Refused) -> str:
    """A text file's content: UTF-8, with or without a byte order mark, without NUL characters."""
    return decode(read_bytes(path, limit=limit, pipes=pipes, error=error), str(path), error)


def decode(content: bytes, source: str, error: type[LabError] = Refused) -> str:
    for mark, name in ENCODINGS:
        if content.startswith(mark):
            raise error(f"{source}: encoded in {name}, not UTF-8", advice="save it as UTF-8")
    if b"\0" in content:
        raise error(f"{source}, line {_line(content, content.index(0))}: a NUL byte, so not text in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = _line(content, cause.start)
        byte = content[cause.start]
        raise error(f"{source}, line {line}: byte 0x{byte:02x} is not UTF-8", advice="save it as UTF-8") from None


def _reason(path: Path, cause: Exception) -> str:
    if isinstance(cause, FileNotFoundError):
        return "a dangling symbolic link" if path.is_symlink() else "there is no such file"
    if isinstance(cause, OSError):
        return (cause.strerror or str(cause)).lower()
    return "a path cannot contain a NUL character"


def _file_kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in kinds if test(mode)), "a device")


def _line(content: bytes, offset: int) -> int:
    return content.count(b"\n", 0, offset) + 1
