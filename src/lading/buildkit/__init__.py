"""Plans, and teams' own Dockerfiles, built by Docker's own engine through `docker buildx build`."""
