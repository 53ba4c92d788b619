"""The Docker engine, through its API. The images' build alone stays with `docker buildx`."""
