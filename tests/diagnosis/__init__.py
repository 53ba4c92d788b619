"""The diagnosis on real labs: faults by hand and by `labctl break`, and load runs. `make lessons` runs them too."""
