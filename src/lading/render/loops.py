"""What starts a service again at a desk when its source has changed: two small programs of Lading's own, which
Dockerfiles for development hold themselves. Data.

Both look at the files once a second: edits on another system's disk (Docker Desktop) reach no container as events.
"""

FOLDER = "/lading"
"""Where they are in a container: no service has a folder of that name."""

GO_LOOP = r"""#!/bin/sh
# Builds a program of a Go module and starts it, again whenever a file below LADING_SOURCE has changed. While it does
# not compile, the last one that did goes on.
#
# reload [--once] MODULE PACKAGE [ARGUMENT]...: with --once, it is built and started, and that is all.
# reload COMMAND [ARGUMENT]...: what is no module's is started as it is.
once=
[ "$1" != --once ] || { once=1; shift; }
[ -d "$1" ] || exec "$@"
module=$1 package=$2
shift 2
made=$(mktemp -d)
child=

build() {
  echo "building $package" >&2
  (cd "$module" && go build -buildvcs=false -o "$made/next" "$package") && mv "$made/next" "$made/program"
}

end() {
  [ -z "$child" ] || { kill -TERM "$child"; wait "$child"; } 2>/dev/null
  child=
}

files() {
  find "$LADING_SOURCE" \( -name .git -o -name node_modules \) -prune -o -type f -exec stat -c '%n %i %s %Y %Z' {} + |
    sort | cksum
}

if [ -n "$once" ]; then
  build || exit 1
  exec "$made/program" "$@"
fi
trap 'end; rm -rf "$made"; exit 0' INT TERM
seen=
while :; do
  now=$(files)
  if [ "$now" != "$seen" ]; then
    seen=$now
    if build; then
      end
      "$made/program" "$@" &
      child=$!
    fi
  fi
  sleep 1 &
  wait $!
done
"""

NODE_LOOP = r"""// Keeps a copy of the source where programs may write beside it, and runs one of them there: again
// whenever a file has changed, or once where it watches its files itself. While a build fails, the last one goes on.
//
// node reload.cjs [--once | --watches] [--build FOLDER SCRIPT]... -- PROGRAM [ARGUMENT]...
const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const { LADING_SOURCE: source, LADING_COPY: copy } = process.env;
const skipped = new Set([
  ".angular", ".astro", ".cache", ".git", ".next", ".nuxt", ".output", ".svelte-kit", ".turbo", ".vite", "node_modules",
]);
const words = process.argv.slice(2);
const [program, ...given] = words.splice(words.indexOf("--")).slice(1);
const once = words.includes("--once");
const watches = words.includes("--watches");
const builds = words.flatMap((word, at) => (word === "--build" ? [[words[at + 1], words[at + 2]]] : []));
const copied = new Map();
let child;

// The files of a folder and below it, each with what changes when its content does.
function* files(folder) {
  for (const entry of fs.readdirSync(path.join(source, folder), { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (skipped.has(entry.name)) continue;
    if (entry.isDirectory()) yield* files(name);
    const found = fs.statSync(path.join(source, name), { throwIfNoEntry: false });
    if (found?.isFile()) yield [name, `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`];
  }
}

// Brings the copy up to date; whether anything was different.
function update() {
  const found = new Map(files(""));
  const changed = [...found].filter(([name, state]) => copied.get(name) !== state);
  const gone = [...copied.keys()].filter((name) => !found.has(name));
  for (const [name, state] of changed) {
    const place = path.join(copy, name);
    fs.mkdirSync(path.dirname(place), { recursive: true });
    const from = path.join(source, name);
    fs.writeFileSync(place, fs.readFileSync(from), { mode: fs.statSync(from).mode | 0o200 });
    copied.set(name, state);
  }
  for (const name of gone) {
    fs.rmSync(path.join(copy, name), { force: true });
    copied.delete(name);
  }
  return changed.length + gone.length > 0;
}

function build() {
  return builds.every(([folder, script]) => {
    const env = { ...process.env, NODE_ENV: "production" };
    return spawnSync("npm", ["run", script], { cwd: path.join(copy, folder), env, stdio: "inherit" }).status === 0;
  });
}

// A group of its own: what npm has started ends with it.
function start() {
  const started = spawn(program, given, { stdio: "inherit", detached: true });
  child = started;
  started.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    if (once) process.exit(127);
  });
  started.on("exit", (code) => {
    if (child === started) child = undefined;
    if (once) process.exit(code ?? 1);
  });
}

function end(signal) {
  return new Promise((resolve) => {
    if (!child?.pid) return resolve();
    child.on("exit", resolve);
    try {
      process.kill(-child.pid, signal);
    } catch {
      resolve(); // it has just ended
    }
  });
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => end(signal).then(() => process.exit(0)));

async function look() {
  let different = false;
  try {
    different = update();
  } catch (error) {
    process.stderr.write(`${error.message}\n`); // a file that has just gone: the next look is a second away
  }
  if (different && !(watches && child)) {
    if (build()) {
      await end("SIGTERM");
      start();
    } else if (once) {
      process.exit(1);
    }
  }
  if (!once) setTimeout(look, 1000);
}

look();
"""
