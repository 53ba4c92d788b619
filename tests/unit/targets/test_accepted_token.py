"""Where what runs holds another token than the lab's file, it is told to read the file again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.credentials import token
from labctl.errors import NotReady
from labctl.model import Endpoints, LabSpec, Notes, Target
from labctl.targets import accepted_token
from tests.unit.why.test_gather import answering


@dataclass
class Fake:
    """A lab whose collector and viewer accept the token once they were told, or not even then."""

    url: str
    mended: str
    told: list[Sequence[str]] = field(default_factory=list)
    on: tuple[str, ...] = ("tls", "auth")

    def switches(self) -> dict[str, str]:
        return dict.fromkeys(self.on, "on")

    def endpoints(self) -> Endpoints:
        return Endpoints(dict.fromkeys(("otlp_http", "viewer"), self.url))

    def renew_credentials(self, restart: Sequence[str] = ()) -> Notes:
        self.told.append(restart)
        self.url = self.mended
        yield "told"


def spread(fake: Fake, folder: Path) -> list[str]:
    spec = LabSpec("mine", folder, folder, DEFAULT_PORTS, {}, 1, 1)
    token.ensure(spec.state)
    return list(accepted_token.spread(cast(Target, fake), spec, 0.5))


def answer(status: int) -> bytes:
    return f"HTTP/1.1 {status} x\r\ncontent-length: 2\r\n\r\n{{}}".encode()


def test_an_accepted_one_needs_nothing(tmp_path: Path) -> None:
    with answering(answer(200)) as url:
        fake = Fake(url, url)
        assert spread(fake, tmp_path) == []
    assert fake.told == []


def test_without_the_switch_nobody_is_asked(tmp_path: Path) -> None:
    assert spread(Fake("http://127.0.0.1:1", "", on=("tls",)), tmp_path) == []


def test_nobody_who_does_not_answer_is_told(tmp_path: Path) -> None:
    fake = Fake("http://127.0.0.1:1", "")
    assert spread(fake, tmp_path) == []
    assert fake.told == []


def test_a_refused_one_is_an_error_where_telling_does_not_help(tmp_path: Path) -> None:
    with answering(answer(401)) as url, pytest.raises(NotReady, match="refused"):
        spread(Fake(url, url), tmp_path)


def test_who_refuses_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(answer(401)) as url:
        fake = Fake(url, url)
        answers = iter([True])
        monkeypatch.setattr(accepted_token, "refused", lambda *_: next(answers))
        monkeypatch.setattr(accepted_token, "accepted", lambda *_: True)
        said = spread(fake, tmp_path)
    assert fake.told == [("collector",)]
    assert said[-1].startswith("all components answer")
