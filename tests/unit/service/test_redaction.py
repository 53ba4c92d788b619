"""The service's own log lines with REDACT_LOGS=true: the collector's patterns, in a service that never sends them to it."""

import json
import logging
import time

import pytest

from service.jsonlog import JsonFormatter
from service.redaction import HIDDEN, LONGEST, Redactor
from tests.python_patterns import FILE, patterns
from tests.secret_samples import LOOKALIKES, NAMES, SECRETS, plain, secrets

REDACTOR = Redactor(r"ACME-\d{6}")


def line(message: str, extra: dict[str, object] | None = None, error: Exception | None = None) -> str:
    info = (type(error), error, None) if error else None
    record = logging.LogRecord("service", logging.INFO, "x.py", 1, message, (), info)
    vars(record).update(extra or {})
    return JsonFormatter(REDACTOR).format(record)


def test_the_patterns_are_those_of_the_collector() -> None:
    """Where this fails: python -m tests.python_patterns"""
    assert json.loads(FILE.read_text()) == patterns()


def test_a_secret_is_in_no_line() -> None:
    texts = (*SECRETS, "ticket ACME-«918273»")
    assert [text for text in texts if any(secret in told(plain(text)) for secret in secrets(text))] == []


def told(text: str) -> str:
    written = json.loads(line(text, {"note": text, "deep": {"list": [text]}}, ValueError(text)))
    return "\n".join(written[name] for name in ("message", "note", "deep", "exception"))


def test_a_member_with_the_name_of_a_secret_is_hidden() -> None:
    assert [name for name, value in NAMES if json.loads(line("x", {name: plain(value)}))[name] != HIDDEN] == []


def test_what_looks_like_a_secret_and_is_none_stays() -> None:
    assert [text for text in LOOKALIKES if json.loads(line(text))["message"] != text] == []


def test_numbers_stay_numbers() -> None:
    assert json.loads(line("x", {"status": 200, "latency_ms": 0.4929123456781234}))["latency_ms"] == 0.4929123456781234


HOSTILE = ("a.", "x", "-", "%20", " ", "\n", '"', "a=b;", "password ", "cookie: a=b; c=d", "eyJ", "a@", "://", "AB12 ",
           "\\", "\\u", '\\"', "&#")


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_is_read_in_time(piece: str) -> None:
    """Every pattern's time is at worst linear, in what is read of a text. Without that a text like these takes a minute."""
    short, long = (measured(piece * (length // len(piece))) for length in (LONGEST // 8, LONGEST))
    assert long < 30 * short + 0.5


def measured(text: str) -> float:
    start = time.process_time()
    Redactor().value("x", text)
    return time.process_time() - start


def test_of_a_long_text_the_rest_is_not_shown() -> None:
    shown = json.loads(line("x" * LONGEST + " password=hunter2"))["message"]
    assert shown.endswith("x … 17 characters are not shown")
