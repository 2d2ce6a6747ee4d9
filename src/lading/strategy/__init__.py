"""What the team has decided: the schema of `lading.toml`, its defaults, its errors."""
