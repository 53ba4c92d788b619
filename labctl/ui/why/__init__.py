"""What `labctl why` says of a load run and of a trace."""
