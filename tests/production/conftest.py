"""The labs of the contract suite."""

from tests.contract.conftest import own_lab, processes

__all__ = ["own_lab", "processes"]
