"""What the embedded engine knows of Node: installing packages, running builds, packing what comes of it."""
