"""HTTP messages as values: a request, its reply, and a problem that is answered as an error."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    stream: Generator[bytes, None, None] | None = None      # instead of a body; closed when the client has gone


class HTTPProblem(Exception):
    """Answered as application/problem+json (RFC 9457)."""

    def __init__(
        self, status: int, title: str, detail: str = "", retry_after_s: int | None = None,
        members: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.members = members or {}    # more of the answer's

    def reply(self) -> Reply:
        fields = {"type": "about:blank", "status": self.status, "title": self.title, "detail": self.detail, **self.members}
        again = () if self.retry_after_s is None else (("retry-after", str(self.retry_after_s)),)
        return Reply(self.status, json.dumps(fields).encode(), "application/problem+json", again)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)    # names in lower case
    body: Callable[[], bytes] = bytes                           # reads it; raises HTTPProblem
    charge: Callable[[int], None] = lambda _: None              # waits for room for so large an answer; raises HTTPProblem

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    @property
    def path(self) -> str:
        return self._parts().path

    @property
    def query(self) -> str:
        return self._parts().query

    def _parts(self) -> SplitResult:
        """Raises HTTPProblem."""
        try:
            return urlsplit(self.target)
        except ValueError as error:
            raise HTTPProblem(400, "the target is no URL", str(error)) from None


Answerer = Callable[[HttpRequest], Reply]
