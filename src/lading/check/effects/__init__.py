"""What the commands inside RUN do to a stage: one module a tool."""
