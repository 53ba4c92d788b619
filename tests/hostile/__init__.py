"""An attack kit: hostile input for any HTTP or gRPC port of a lab, on any target. Nothing of it knows what is behind the port."""
