"""The dashboards' JSON: what the code makes, as Grafana's own schema has it, each panel readable by itself."""

import json
import re
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from bench.dashboards import BOARDS
from bench.dashboards.__main__ import FOLDER
from bench.dashboards.board import Board
from bench.dashboards.writing import as_json

boards = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)


@boards
def test_the_committed_file_is_what_the_code_makes(board: Board) -> None:
    assert (FOLDER / f"{board.name}.json").read_text() == as_json(board), "python -m bench.dashboards"


def test_every_file_is_mounted() -> None:
    generator = yaml.safe_load((FOLDER.parent / "kustomization.yaml").read_text())["configMapGenerator"]
    listed = next(one["files"] for one in generator if one["name"] == "grafana-dashboards")
    assert sorted(listed) == sorted(f"dashboards/{file.name}" for file in FOLDER.glob("*.json"))


@boards
def test_the_schema_of_grafana_knows_all_that_is_in_it(board: Board) -> None:
    """What the schema does not know is lost where its model is written again."""
    register_default_plugins()
    ours = json.loads(as_json(board))
    again = json.loads(json.dumps(Dashboard.from_json(ours), cls=JSONEncoder))
    assert without_empty(again) == without_empty(ours)


@boards
def test_each_panel_says_what_it_shows_and_lies_in_the_grid(board: Board) -> None:
    panels = json.loads(as_json(board))["panels"]
    assert len({panel["title"] for panel in panels}) >= len(panels) - 1
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["description"].endswith(".")
        assert panel["targets"]
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


@boards
def test_each_query_names_its_metrics_so_that_a_test_finds_them(board: Board) -> None:
    for panel in board.panels:
        for query in panel.queries:
            assert re.search(r"[a-z_]+\{", query.expression)
            used = set(re.findall(r"\$(\w+)", query.expression)) - {"__rate_interval", "__range"}
            assert used <= {variable.name for variable in board.variables}


def without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: without_empty(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one != {}}
    return [without_empty(one) for one in value] if isinstance(value, list) else value
