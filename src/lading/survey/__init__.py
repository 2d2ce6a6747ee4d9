"""What a repository says of itself: services and facts, each with its source."""
