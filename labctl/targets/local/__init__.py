"""The lab as plain processes of this machine: needs Python alone."""
