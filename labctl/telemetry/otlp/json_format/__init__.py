"""OTLP/JSON requests as the messages that protobuf requests are decoded to."""
