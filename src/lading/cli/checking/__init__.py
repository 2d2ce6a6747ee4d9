"""`lading check`: its files found, looked at, judged and mended."""
