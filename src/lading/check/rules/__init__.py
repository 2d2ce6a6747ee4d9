"""What is wrong with a Dockerfile: one file a class of faults, each with its rules and a `find`."""
