"""Every span of a run accounted for, from the evidence of everybody who handled it."""
