"""What the lab's connections are secured with: a CA of its own with certificates, and a bearer token, as files and as values."""
