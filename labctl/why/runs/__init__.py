"""What sets the slow and the failed requests of a load run apart from the rest."""
