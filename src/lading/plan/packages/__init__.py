"""Images of Debian packages become plans."""
