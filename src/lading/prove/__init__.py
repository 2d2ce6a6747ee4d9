"""Images become evidence: sizes, and whether they are valid."""
