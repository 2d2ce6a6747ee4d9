"""Plans as text that a team can read, own and leave with: one pure function a format."""
