"""Container runtimes without containers: small programs that take the same commands as crun and Docker and run the
process on this machine, in the unpacked folder or where they are."""

import os
import sys
from pathlib import Path

import pytest

CRUN = """
import json, os, signal, subprocess, sys
from pathlib import Path

words = sys.argv[1:]
options = {}
while words and words[0].startswith("--"):
    name, equals, value = words.pop(0).partition("=")
    options[name] = value if equals or name in ("--version", "--force") else words.pop(0)
if "--version" in options:
    sys.exit(print("crun version 0 (a test's)"))
state = Path(options["--root"])
state.mkdir(exist_ok=True)
command = words.pop(0)
while words and words[0].startswith("-"):
    name = words.pop(0)
    options[name] = "" if name in ("--force", "--no-new-privs") else words.pop(0)
record = state / words[0]

def process(args, bundle):
    document = json.loads((Path(bundle) / "config.json").read_text())
    env = dict(line.split("=", 1) for line in document["process"]["env"])
    cwd = document["root"]["path"] + document["process"]["cwd"]
    return subprocess.Popen(args or document["process"]["args"], env={**env, "PATH": os.environ["PATH"]}, cwd=cwd)

if command == "run":
    if os.environ.get("BROKEN_RUNTIME"):
        Path(options["--log"]).write_text("nothing works here")
        sys.exit(1)
    child = process(None, options["--bundle"])
    fresh = state / "fresh"
    fresh.write_text(options["--bundle"] + " " + str(child.pid))
    fresh.rename(record)
    Path(options["--pid-file"]).write_text(str(child.pid))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: child.send_signal(number))
    code = child.wait()
    sys.exit(code if code >= 0 else 128 - code)
elif command == "exec":
    sys.exit(process(words[1:], record.read_text().split()[0]).wait() if record.exists() else "not yet")
elif command == "kill":
    os.kill(int(record.read_text().split()[1]), getattr(signal, words[1]))
elif command == "delete":
    record.unlink(missing_ok=True)
"""

DOCKER = """
import json, os, signal, subprocess, sys
from pathlib import Path

state = Path(os.environ["FAKE_DOCKER"])
with (state / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
words = sys.argv[1:]

def containers():
    return json.loads((state / "containers").read_text()) if (state / "containers").exists() else {}

def save(known):
    (state / "containers").write_text(json.dumps(known))

match words:
    case ["version", *_]:
        if os.environ.get("BROKEN_RUNTIME"):
            sys.exit("Cannot connect to the Docker daemon")
        print("linux/amd64")
    case ["network", "ls", *_]:
        print("b1" if (state / "bridge").exists() else "")
    case ["image", "inspect", "--format", _, name]:
        file = state / name.replace("/", "_")
        sys.exit(print(file.read_text()) if file.exists() else 1)
    case ["create", *options]:
        words, name, env = options, "", {}
        while words[0].startswith("--"):
            flag, words = words[0], words[1:]
            if flag == "--name":
                name = words[0]
            if flag == "--env-file":
                env = dict(line.split("=", 1) for line in Path(words[0]).read_text().splitlines())
            words = words if flag == "--read-only" else words[1:]
        save({**containers(), name: {"args": words[1:], "env": env, "started": "0001-01-01T00:00:00Z"}})
    case ["start", "--attach", name]:
        if os.environ.get("BROKEN_START"):
            sys.exit("OCI runtime create failed")
        known = containers()
        child = subprocess.Popen(known[name]["args"], env={**os.environ, **known[name]["env"]})
        known[name].update(started="2026-01-01T00:00:00Z", pid=child.pid)
        save(known)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: child.send_signal(number))
        code = child.wait()
        sys.exit(code if code >= 0 else 128 - code)
    case ["exec", name, *args]:
        known = containers()
        sys.exit(subprocess.run(args).returncode if known[name].get("pid") else 1)
    case ["stop", "--time", _, name] | ["kill", name]:
        os.kill(containers()[name]["pid"], signal.SIGTERM if words[0] == "stop" else signal.SIGKILL)
    case ["container", "inspect", "--format", _, name]:
        print(containers()[name]["started"])
    case ["diff", name]:
        print(os.environ["FAKE_DIFF"])
    case ["rm", *_, name]:
        known = containers()
        known.pop(name, None)
        save(known)
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> Path:
    """Put programs (name and Python source) on `PATH`, before all others; the folder that they keep their state in."""
    (folder / "bin").mkdir(parents=True)
    for name, source in programs.items():
        program = folder / "bin" / name
        program.write_text(f"#!{sys.executable}\n{source}")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_DOCKER", os.fspath(folder))
    return folder
