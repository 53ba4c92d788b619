"""The bill of a month, and how each part of it is worked out."""
