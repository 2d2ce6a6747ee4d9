"""One file a command: flags in, one library call, output out."""
