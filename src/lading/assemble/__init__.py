"""The embedded engine: a plan and its pins become an image here, content-addressed, with no daemon and no root."""
