"""What a survey finds of services in Go. Pure, and without the go command."""
