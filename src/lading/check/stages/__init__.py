"""Instructions at work: a parsed Dockerfile, its context and the knowledge of bases become a `Model`."""
