"""labctl's client of the viewer, and what is computed from its answers."""
