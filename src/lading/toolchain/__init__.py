"""A usable tool (uv): found on this machine, or fetched as a pinned wheel."""
