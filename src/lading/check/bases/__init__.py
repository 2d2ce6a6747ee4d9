"""What public bases hold: facts as data, and how a name means one of them."""
