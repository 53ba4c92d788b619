"""Faults that can be injected into the running lab and undone: what they break, and what each teaches."""
