"""Writes every dashboard to manifests/addons/grafana/dashboards."""

from pathlib import Path

from bench.dashboards import BOARDS
from bench.dashboards.writing import as_json

FOLDER = Path(__file__).resolve().parents[2] / "manifests/addons/grafana/dashboards"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for board in BOARDS:
        (FOLDER / f"{board.name}.json").write_text(as_json(board))


if __name__ == "__main__":
    main()
