"""Errors about routes to components that all targets share."""

from labctl.components import BY_NAME
from labctl.errors import LabError
from labctl.model import Route


def nothing_listens(route: Route) -> LabError:
    own = ", ".join(str(port.own) for port in BY_NAME[route.component].ports)
    return LabError(f"the {route.component} does not listen on port {route.remote}", advice=f"its ports: {own}")
