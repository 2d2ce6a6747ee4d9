"""Services in Go become plans."""
