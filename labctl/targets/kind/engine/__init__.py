"""The Docker engine, through its API. Only the build of images uses a command, `docker buildx`."""
