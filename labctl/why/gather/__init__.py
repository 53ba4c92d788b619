"""Gathers the facts, in parallel and bounded."""
