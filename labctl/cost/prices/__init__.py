"""Price tables: what they are, how a file is read as one, and those in the package."""
