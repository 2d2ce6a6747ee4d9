"""Services and sites that run on Node or are built by it: what their files and their source say."""
