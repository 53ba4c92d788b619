"""What is stored as OTLP JSON, and as an archive."""
