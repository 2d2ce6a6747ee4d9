"""What a stage holds, as far as it is certain: a path is present, absent or unknown, and somebody made it so."""
