"""Programs that serve the project's own development; nothing here is part of the installed package."""
