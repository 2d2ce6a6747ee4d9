"""Images as values, and the media they live in: layout, archive, registry."""
