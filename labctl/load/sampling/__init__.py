"""What a sampling policy would have kept of a run: its stored traces, replayed through a real collector."""
