"""OTLP JSON, and what others write, into the store."""
