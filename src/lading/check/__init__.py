"""A Dockerfile, anyone's, becomes findings: it is parsed, what each stage holds is modelled, and rules look at that."""
