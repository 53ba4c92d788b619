"""What one does with a lab: bring it up, look at it, take it down."""
