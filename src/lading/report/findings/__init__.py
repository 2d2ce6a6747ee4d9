"""Findings in the formats of terminals, reviewers and CI systems; one module a format."""
