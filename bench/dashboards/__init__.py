"""The dashboards of `labctl up --with grafana`; `python -m dashboards` writes them (docs/add-a-dashboard.md)."""

from bench.dashboards import collector, cost, load_run, service, slo

BOARDS = (service.BOARD, collector.BOARD, load_run.BOARD, slo.BOARD, cost.BOARD)
