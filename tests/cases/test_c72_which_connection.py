"""C72: which idle connection takes the next request of an open schedule is a choice, and said.

Round-robin leaves each idle for long at a low rate; the last one used first is what the pools of clients do. They meet different
servers: with Nagle's algorithm and delayed acknowledgements a connection that is in use is slower than one that was idle.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cases.load_command import Load, of_run, ran
from tests.unit.load.servers import GOOD, Client, Handler, serving


def counting(seen: list[Any], delay_s: float = 0.0) -> Handler:
    """Notes which connection each request came on."""
    def handle(client: Client) -> None:
        while (head := client.request()) is not None:
            seen.append((head, client))
            client.stop.wait(delay_s)
            client.send(GOOD)
    return handle


def used(seen: list[Any], found: dict[str, Any]) -> int:
    """Connections that carried requests of the run."""
    return len({client for head, client in seen if of_run(head, found)})


@pytest.mark.parametrize(("words", "all_of_them"), [
    ((), True), (("--connections", "round-robin"), True), (("--connections", "last-used"), False),
])
def test_the_choice(load: Load, words: Sequence[str], all_of_them: bool) -> None:
    seen: list[Any] = []
    with serving(counting(seen)) as url:
        found = load(url, "-n", "20", "-c", "5", "--rps", "10", *words)
    assert found["requests"]["successful"] == 20
    assert (used(seen, found) == 5) is all_of_them


def test_more_are_used_when_more_is_on_its_way(load: Load) -> None:
    seen: list[Any] = []
    with serving(counting(seen, delay_s=0.3)) as url:
        found = load(url, "-n", "20", "-c", "10", "--rps", "10", "--connections", "last-used")
    assert used(seen, found) > 1


def test_a_scenario_can_say_it(load: Load, tmp_path: Path) -> None:
    seen: list[Any] = []
    with serving(counting(seen)) as url:
        (tmp_path / "run.yaml").write_text(
            f"url: {url}\nrps: 10\ntotal: 10\nconcurrency: 5\nconnections: last-used\nrequests: [{{path: /}}]\n"
        )
        found = load(url, "--scenario", str(tmp_path / "run.yaml"))
    assert used(seen, found) < 5


def test_help_says_what_it_means(tmp_path: Path) -> None:
    text = " ".join(ran(tmp_path, "--help").stdout.replace("│", " ").split())
    for words in ("--connections", "round-robin", "last-used", "idle for long", "the connection pool of a client"):
        assert words in text


def test_another_word_is_a_usage_error(tmp_path: Path) -> None:
    assert ran(tmp_path, "--url", "http://127.0.0.1:1/", "--connections", "random").returncode == 2
