"""Python services become plans."""
