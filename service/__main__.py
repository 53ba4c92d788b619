"""`opentelemetry-instrument python -m service`: serves until SIGTERM or Ctrl-C, then exits with 0."""

from service import jsonlog

jsonlog.install()

from service.app import app  # noqa: E402  its import may already have something to log
from service.server import Server  # noqa: E402

if __name__ == "__main__":
    Server(app).run()
