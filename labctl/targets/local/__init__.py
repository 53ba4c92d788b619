"""The lab as plain processes on this machine: needs only Python."""
