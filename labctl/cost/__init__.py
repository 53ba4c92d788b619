"""What a lab costs in a month: prices, the bill of what runs or of a what-if, backends side by side, what would save money.

Everything here computes with values and prints nothing. A figure that nobody has measured is None, and says so.
"""
