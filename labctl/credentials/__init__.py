"""What the lab's connections are secured with: an own CA with its certificates, and a bearer token, as files and as values."""
