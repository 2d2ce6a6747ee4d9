"""A Dockerfile, anyone's, becomes findings: it is parsed, each stage's contents are modelled, and rules look at the model."""
