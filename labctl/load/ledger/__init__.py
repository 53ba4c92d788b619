"""Accounts for every span of a run, with the evidence of each component that handled it."""
