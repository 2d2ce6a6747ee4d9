"""The layers of Go services: programs compiled by one go command for all that changed."""
