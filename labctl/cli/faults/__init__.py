"""Commands that make faults and take them back."""
