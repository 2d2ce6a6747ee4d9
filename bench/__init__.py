"""Lading and its peer, side by side on this machine: `make bench`."""
