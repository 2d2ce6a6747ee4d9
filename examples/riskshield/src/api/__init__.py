"""What callers see: endpoints and problems."""
