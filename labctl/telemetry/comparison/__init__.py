"""What sets a group of requests apart from the rest: for `labctl why`, and for the viewer's page."""
