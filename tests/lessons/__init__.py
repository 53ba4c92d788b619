"""Every lesson solved by a script, with labctl's own commands, on every target."""
