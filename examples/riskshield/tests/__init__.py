"""The service's tests: everything it talks to is a real server on loopback."""
