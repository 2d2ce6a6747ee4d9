"""Python's installers: what they make of virtual environments and of what is in them."""
