"""Dockerfiles as values that know where they stand in the text."""
