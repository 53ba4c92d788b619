"""Load runs for the page: their list, the figures of one, and what differs between two, or between two traces."""
