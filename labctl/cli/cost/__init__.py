"""The command about money."""
