"""Texts with secrets, each marked «so», and texts that look like secrets and are none: with these `--redact` is tested.

They are in tests/samples, one a line; ⏎, ␍ and ⇥ stand for the end of a line, a carriage return and a tab, and ~name~ for a
token below.
"""

import re
from pathlib import Path
from typing import Final

# in two parts, so that no scanner takes this file for a leak
_TOKENS: Final = {
   "aws": "AKIA"  "IOSFODNN7EXAMPLE",
   "sts": "ASIA"  "Y34FZKBOKMUTVV7A",
   "gh": "ghp_"  "16C7e42F292c6912E7710c838347Ae178B4a",
   "gho": "gho_"  "16C7e42F292c6912E7710c838347Ae178B4b",
   "pat": "gith"  "ub_pat_11ABCDEFG0123456789_abcdefghijklmnopqrstuvwxyz0123456789ABCD",
   "gl": "glpa"  "t-zYx98WvUt76SrQp54oNm",
   "slack": "xoxb"  "-2345678901-3456789012-aBcDeFgHiJkLmNoPqRsTuVwX",
   "xoxp": "xoxp"  "-11-22-33-aabbccddeeff",
   "google": "AIza"  "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
   "ya29": "ya29"  ".a0AfH6SMBx7-abcdefghijklmnop",
   "openai": "sk-p"  "roj-aB3dE5fG7hJ9kL1mN3pQ",
   "ant": "sk-a"  "nt-api03-Zz9_yY8-xX7wW6vV5uU4",
   "old": "sk-T"  "3BlbkFJabcdefghijklmnopqrstuvwxyz123456",
   "stripe": "sk_l"  "ive_4eC39HqLyjWDarjtT1zdp7dc",
   "whsec": "whse"  "c_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
   "npm": "npm_"  "aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2",
   "pypi": "pypi"  "-AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAtMDAwMA",
   "hf": "hf_a"  "BcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
   "sendgrid": "SG.n"  "geVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr",
   "twilio": "SK01"  "23456789abcdef0123456789abcdef",
   "do": "dop_"  "v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
   "tg": "1102"  "01543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1",
   "vault": "hvs."  "CAESIJlU9JMYEhOPYv4igdhm9PnZDrabYTobQ4",
   "grafana": "glsa"  "_HOruNAb7SOiCdshU8algkrq7F0g9hD9X_2c18b9c1",
   "docker": "dckr"  "_pat_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9",
   "shopify": "shpa"  "t_0123456789abcdef0123456789abcdef",
   "databricks": "dapi"  "0123456789abcdef0123456789abcdef",
   "jwt": "eyJh"  "bGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJlLXBhcnQtb2YtaXQ",
   "pem": "----"  "-BEGIN RSA PRIVATE KEY-----",
   "end": "----"  "-END RSA PRIVATE KEY-----",
   "slackhook": "http"  "s://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/cCcCcCcCcCcCcCcCcCcCcCcC",
}
_FOLDER: Final = Path(__file__).parent / "samples"
_MARK: Final = re.compile("«(.*?)»", re.DOTALL)


def _lines(name: str) -> tuple[str, ...]:
    text = re.sub(r"~(\w+)~", lambda match: _TOKENS[match[1]], (_FOLDER / name).read_text())
    return tuple(line.replace("⏎", "\n").replace("␍", "\r").replace("⇥", "\t") for line in text.splitlines())


SECRETS: Final = _lines("secrets.txt")
NAMES: Final = tuple((name, value) for name, _, value in (line.partition(" ") for line in _lines("secret_names.txt")))
LOOKALIKES: Final = _lines("lookalikes.txt")


def plain(text: str) -> str:
    return text.replace("«", "").replace("»", "")


def secrets(text: str) -> list[str]:
    """The marked parts; of several lines each by itself, as what shows them may indent them."""
    return [line for part in _MARK.findall(text) for line in part.splitlines()]
