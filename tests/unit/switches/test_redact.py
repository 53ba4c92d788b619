"""--redact in a real collector: no planted secret comes out of it, in no place, and what only looks like one does."""

import json
import os
import re
import shutil
import subprocess
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl.components import COLLECTOR, DEFAULT_PORTS
from labctl.host.http import Unreachable, get, post
from labctl.host.waiting import until
from labctl.model import LabSpec
from labctl.switches import redact
from labctl.switches.parts import parts
from labctl.targets.local.processes import expected
from tests.driver import PORTS, ROOT, free_ports
from tests.secret_samples import LOOKALIKES, NAMES, SECRETS, plain, secrets
from tests.telemetry_with import by_itself, named, strings, together

ON = {"redact": "on", "redact-allow": "app.owner,app.build.*", "redact-pattern": r"ACME-\d{6}"}
FURTHER = ("ticket ACME-«918273»",)
ALLOWED = "password=of-nobody-5"
ENDPOINTS = ("traces", "metrics", "logs")
CARD_LIKE = tuple(text for text in LOOKALIKES if text.endswith(("4111111111111112 shipped", "5500000000000005", "4006381333931")))


class Seen:
    """`texts`: every one that was exported; `log`: what the collector wrote, with all that it exported in detail."""

    def __init__(self, texts: list[str], log: str) -> None:
        self.texts = Counter(texts)
        self._all = "\n".join((log, *self.texts))

    def has(self, text: str) -> bool:
        if len(text) < 7:               # a few digits can be part of a time or an id
            found = re.escape(text)     # first in the pattern, which makes it quick
            return bool(re.search(rf"{found}(?<![\w.:-]{found})(?![\w-])", self._all))
        return text in self._all or json.dumps(text)[1:-1] in self._all


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    program = shutil.which("otelcol-contrib")
    if not program:
        pytest.skip("otelcol-contrib is not on the PATH")
    return run(program, tmp_path_factory.mktemp("redact"))


def run(program: str, folder: Path) -> Seen:
    """Everything planted at once, through the configuration that a lab has."""
    ports = dict(zip((name.lower() for name in PORTS), free_ports(len(PORTS)), strict=True))
    spec = LabSpec("x", ROOT, folder, DEFAULT_PORTS | ports, {}, 1, 1, switches=ON)
    given = expected(replace(spec, parts=parts(spec, ON)), COLLECTOR)
    exported = folder / "out.json"
    (folder / "collector.yaml").write_text(given.config)
    (folder / "exporters.yaml").write_text(yaml.safe_dump({
        "exporters": {"file": {"path": str(exported), "flush_interval": "100ms"}, "debug": {"verbosity": "detailed"}},
    }))
    words = [word for name in ("collector", "exporters") for word in ("--config", str(folder / f"{name}.yaml"))]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, *words], stdout=log, stderr=log, env={**os.environ, **given.env, "EXPORTERS": "[debug, file]"})
        try:
            send(ports)
            assert until(lambda: exported.exists() and exported.read_text().count("\n") == len(ENDPOINTS), 60)
        finally:
            process.terminate()
            process.wait(timeout=60)
    lines = exported.read_text().splitlines()
    return Seen([text for line in lines for text in strings(json.loads(line))], (folder / "log").read_text())


def send(ports: dict[str, int]) -> None:
    def is_ready() -> bool:
        try:
            return get(f"http://127.0.0.1:{ports['collector_health']}").status == 200
        except Unreachable:
            return False

    assert until(is_ready, 60)
    names = [(name, plain(value)) for name, value in NAMES] + [("app.owner", ALLOWED), ("app.build.by", ALLOWED)]
    beside = named("user.token", "x")
    beside["traces"]["resourceSpans"][0]["resource"]["attributes"].append({"key": "an_attribute_with_a_long_name", "value": {}})
    requests = [by_itself(plain(text)) for text in (*SECRETS, *FURTHER, *LOOKALIKES)] + [named(*one) for one in names] + [beside]
    url, bodies = f"http://127.0.0.1:{ports['otlp_http']}/v1", together(requests)
    for signal in ENDPOINTS:
        answer = post(f"{url}/{signal}", bodies[signal], {"content-type": "application/json"}, 30)
        assert answer.status == 200, answer.body


def test_a_secret_comes_out_nowhere(seen: Seen) -> None:
    assert [text for text in (*SECRETS, *FURTHER) if any(map(seen.has, secrets(text)))] == []


def test_a_body_of_bytes_is_hidden_as_a_whole(seen: Seen) -> None:
    assert [text for text in SECRETS if seen.has(b64encode(plain(text).encode()).decode())] == []


def test_nor_does_a_value_whose_name_says_it(seen: Seen) -> None:
    assert [name for name, value in NAMES if any(map(seen.has, secrets(value)))] == []


def test_what_looks_like_a_secret_and_is_none_stays_in_every_place(seen: Seen) -> None:
    assert {text: missing for text in LOOKALIKES if (missing := Counter(kept(text)) - seen.texts)} == {}


def kept(text: str) -> Iterator[str]:
    planted = by_itself(text)
    span = planted["traces"]["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    metrics = planted["metrics"]["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    records = planted["logs"]["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    del span["links"], metrics[1:], metrics[0]["metadata"], records[3:5]     # hidden or dropped as a whole
    del records[-1]["attributes"][1]    # flattened
    for one in find(planted, "schemaUrl"):
        del one["schemaUrl"]
    if text in CARD_LIKE:               # it becomes **** all the same in metrics, resources and structures
        del planted["metrics"], span["attributes"][3], span["attributes"][1], records[1:]
        for one in (planted["traces"]["resourceSpans"][0], planted["logs"]["resourceLogs"][0]):
            del one["resource"], one[next(name for name in one if name.startswith("scope"))][0]["scope"]
    return strings(list(planted.values()))


def find(value: Any, name: str) -> Iterator[dict[str, Any]]:
    """The objects in it that have such a member."""
    if isinstance(value, dict) and name in value:
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from find(one, name)


def test_items_are_changed_and_never_dropped(seen: Seen) -> None:
    requests = len(SECRETS) + len(FURTHER) + len(LOOKALIKES) + len(NAMES) + 3
    assert seen.texts["spanId"] == requests
    assert seen.texts["asInt"] == requests


def test_attributes_with_odd_names_stay_beside_one_with_a_secrets_name(seen: Seen) -> None:
    """`["user.token","an_odd_name"]` is no token with its value."""
    assert "an_attribute_with_a_long_name" in seen.texts


def test_an_attribute_that_is_allowed_stays(seen: Seen) -> None:
    assert ALLOWED in seen.texts


def test_nothing_of_the_processors_own_is_left(seen: Seen) -> None:
    assert not seen.has("labctl.hidden")
    assert not seen.has("labctlkeeps")


@pytest.mark.parametrize("text", ["", "a;b", "user.*.x", "*", "a,,b"])
def test_what_cannot_be_a_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names of attributes"):
        redact.allow(text)


@pytest.mark.parametrize("text", [
    "(", "a|", "x*", r"(a)\1", "(?=a)b", "(?<!a)b", "a$", "a{1001}", "a{5,1001}", "(a{100}){100}", "a{99999999999}", "(?#x)a",
    "(?x)a b", "(?a)a", "(?a:b)", "(?i)a(?x:b)", r"a\Z", r"\u0041", r"\N{BULLET}", r"\é", "a++",
    "(?>a)", r"(a)(?(1)b|c)", "(?P<x>a)(?P=x)", "a{,5}b",
    "[[a]", "[a--b]", "a" * 1001,
])
def test_what_the_collector_could_not_use_as_a_pattern_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="regular expression"):
        redact.pattern(text)


@pytest.mark.parametrize("text", [
    r"ACME-\d{6}", "(?i)acme", "(?i:acme)-(?P<number>[0-9]{1,12})", "(?s-i:a.b)", r"\d{32}-\d{40}-\w{1000}", r"(ab){2,}",
    r"\x41\/\_\-[^\]]", "é\n\"'%#",
])
def test_what_is_usual_in_a_pattern_is_taken(text: str) -> None:
    assert redact.pattern(text).env["collector"] == {"REDACT_PATTERN": text}


def test_the_page_lists_what_the_overlay_has() -> None:
    overlay = (ROOT / "manifests/switches/redact/collector.yaml").read_text()
    page = (ROOT / "docs/redaction.md").read_text()
    patterns = overlay[overlay.index("  redaction/names:"):overlay.index("  transform/show:")]
    listed = re.findall(r"^- (.+)$", page[page.index("## Values"):page.index("## Your own")], re.MULTILINE)
    assert re.findall(r"^      # (.+)$", patterns, re.MULTILINE) == listed
