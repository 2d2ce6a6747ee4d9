"""Signed index → resolved packages → files of a Debian archive."""
