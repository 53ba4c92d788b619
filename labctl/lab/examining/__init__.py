"""`labctl doctor`: what this machine lacks, and what can be put right."""
