"""What the source of a Python service says of it."""
