"""Lading's own small programs, in Go: their source is data, compiled for an image's platform when an image needs one."""
