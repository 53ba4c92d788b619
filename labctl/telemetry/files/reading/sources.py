"""The texts in a file: the file itself, what it is when it is unpacked, or the JSON files of an archive.

Nothing is ever unpacked to the disk, and of an archive's names only the endings are looked at.
"""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import IO, Final, NamedTuple

from labctl.telemetry.files.reading.unreadable import Unreadable

MOST_RATIO: Final = 250                 # unpacked to packed; telemetry is packed to a tenth, zeros to a thousandth
SMALL: Final = 64 << 20                 # bytes up to which the ratio is not looked at
MOST_FILES: Final = 1000                # in an archive
MOST_DIRECTORY: Final = 1 << 20         # bytes of its list of files, which is read as a whole
_ENDINGS: Final = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz")
_GZIP, _ZIP, _ZSTD = b"\x1f\x8b", b"PK", b"\x28\xb5\x2f\xfd"
_END: Final = struct.Struct("<4s4H2LH")         # of a zip's end of central directory, APPNOTE 4.3.16
_ZIP64_END: Final = b"PK\x06\x07"
_LONGEST_END: Final = _END.size + (1 << 16) + 20


class FilePart(NamedTuple):
    name: str
    read: Callable[[int], bytes]

    def is_called(self, name: str) -> bool:
        """In whatever folder."""
        return self.name.rpartition("/")[2] == name


def sources(file: IO[bytes], name: str) -> Iterator[FilePart]:
    """Each has to be read before the next one is asked for; reading raises Unreadable too."""
    beginning = file.read(4)
    file.seek(0)
    if beginning.startswith(_ZIP):
        yield from _archive(file)
    elif beginning.startswith(_GZIP):
        yield FilePart(name, _unpacked(file, gzip.GzipFile(fileobj=file)))
    elif beginning == _ZSTD:
        raise Unreadable("it is compressed with zstd", "zstd -d FILE")
    elif not beginning:
        raise Unreadable("it is empty")
    else:
        yield FilePart(name, file.read)


def _archive(file: IO[bytes]) -> Iterator[FilePart]:
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unreadable(f"the zip file is damaged: {error}", advice="copy it again") from None
    with closing(archive):
        members = [one for one in archive.infolist() if one.filename.lower().endswith(_ENDINGS)]
        if not members:
            raise Unreadable(f"no file in it ends with {', '.join(_ENDINGS)}")
        for member in members:
            with _opened(archive, member) as stream:
                packed = member.filename.lower().endswith(".gz")
                content: IO[bytes] = gzip.GzipFile(fileobj=stream) if packed else stream  # type: ignore[assignment]
                yield FilePart(member.filename, _unpacked(file, content, member.compress_size))


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(member)
    except RuntimeError:
        raise Unreadable(f"{member.filename} in it is encrypted", advice="unzip it first, then load its files") from None
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise Unreadable(f"{member.filename} in it cannot be read: {error}", advice="copy it again") from None


def _unpacked(file: IO[bytes], stream: IO[bytes] | gzip.GzipFile, packed: int | None = None) -> Callable[[int], bytes]:
    """`packed`: its bytes in an archive; None: it is the whole file."""
    made = 0

    def read(size: int) -> bytes:
        nonlocal made
        try:
            piece = stream.read(size)
        except EOFError:
            raise Unreadable("it ends early: the file is incomplete", advice="copy it again") from None
        except (OSError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
            raise Unreadable(f"it cannot be decompressed: {error}", advice="copy it again") from None
        made += len(piece)
        taken = file.tell() if packed is None else packed
        if made > max(SMALL, MOST_RATIO * taken):
            raise Unreadable(f"it decompresses to more than {MOST_RATIO} times its size, which telemetry does not")
        return piece

    return read


def _check_directory(file: IO[bytes]) -> None:
    """Raises Unreadable for an archive whose list of files would take much memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LONGEST_END))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Unreadable("the zip file is incomplete: its end is missing", advice="copy it again")
    _, _, _, _, count, directory, _, _ = _END.unpack_from(tail, at)
    if tail[max(0, at - 20):at].startswith(_ZIP64_END) or count > MOST_FILES or directory > MOST_DIRECTORY:
        raise Unreadable(
            f"an archive may have at most {MOST_FILES} files and 4 GiB", advice="unzip it first, then load its files",
        )
