"""Faults that can be made in the running lab and taken back: what they break, and what each teaches."""
