#!/bin/sh
# What `make demo` shows: a real service becomes a distroless, non-root, health-checked image for two architectures,
# built with no daemon, and answers in a container where a runtime is there.
set -eu
cd "$(dirname "$0")/.."
service=examples/riskshield

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

if [ ! -f "$service/uv.lock" ]; then
  say "The service's own lock is made on first use (uv lock)"
  # Any Python from 3.11 can resolve it; the image gets the version that the project asks for.
  (cd "$service" && UV_PYTHON_DOWNLOADS=never uv lock --quiet --python "$(command -v python)")
fi

say "What Lading finds out about the service (lading survey)"
lading survey "$service"

say "Building it for amd64 and arm64 (lading build)"
lading build -C "$service" --platform linux/amd64,linux/arm64

say "Building it again: nothing has changed"
lading build -C "$service" --platform linux/amd64,linux/arm64

say "Running it, as its own user, on a read-only file system (lading run)"
lading run "$service" --wait-healthy --probe /health || {
  code=$?
  # 69 (EX_UNAVAILABLE): this machine has no container runtime; the image is there all the same.
  [ "$code" -eq 69 ] || exit "$code"
  say "This machine has no container runtime, so the image was not started. It is in Lading's store all the same:"
  lading size "$service"
}
