"""The scores of applicants."""
