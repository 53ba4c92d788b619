"""How this machine reaches the lab's pods."""
