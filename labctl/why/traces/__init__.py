"""`labctl why TRACE`: where the time of one request went, against the same spans of others."""
