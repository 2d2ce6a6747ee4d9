"""``python -m tools.engine up|down|status|env``."""

from __future__ import annotations

import argparse
import shlex
import sys
import time

from tools.engine.engine import bring_up, describe, engine_variables, is_up, take_down
from tools.engine.errors import EngineError
from tools.engine.home import Home, find_home


def main() -> int:
    """Run one command; return 0 when it did what it says, 1 when the engine is not there or could not be made."""
    parser = argparse.ArgumentParser(prog="python -m tools.engine", description="the test engine and registry")
    commands = {"up": _up, "down": _down, "status": _status, "env": _env}
    parser.add_argument("command", choices=commands)
    try:
        return commands[parser.parse_args().command](find_home())
    except EngineError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1


def _up(home: Home) -> int:
    began = time.monotonic()
    made = bring_up(home)
    print(f"engine: up after {time.monotonic() - began:.1f} s" if made else "engine: was up already")
    return _status(home)


def _down(home: Home) -> int:
    print("engine: down" if take_down(home) else "engine: was not up")
    return 0


def _status(home: Home) -> int:
    print("\n".join(describe(home)))
    return 0 if is_up(home) else 1


def _env(home: Home) -> int:
    for name, value in engine_variables(home).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
