"""What a plan needs becomes pinned digests, packages and toolchains: `lading.lock`."""
