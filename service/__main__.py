"""`opentelemetry-instrument python -m service`: serves until SIGTERM or Ctrl-C, then exits with 0.

The port is opened before the slow imports: a client that connects meanwhile waits for its answer instead of being refused.
"""

from service import jsonlog

jsonlog.install()

from service.listening import listen  # noqa: E402  what is imported may log already

if __name__ == "__main__":
    listener, predecessor = listen()

    from service.app import app
    from service.server import Server

    Server(app, predecessor).run(sockets=[listener])
