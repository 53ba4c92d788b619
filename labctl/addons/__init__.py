"""What labctl asks the add-ons of --with for, each by its own API."""
