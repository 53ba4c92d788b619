"""`opentelemetry-instrument python -m service`: serves until SIGTERM or Ctrl-C, then exits with 0.

Listens before it imports what takes most of its start: who asks meanwhile waits for the answer instead of being refused.
"""

from service import jsonlog

jsonlog.install()

from service.listening import listen  # noqa: E402  whatever is imported may already have something to log

if __name__ == "__main__":
    listener = listen()

    from service.app import app
    from service.server import Server

    Server(app).run(sockets=[listener])
