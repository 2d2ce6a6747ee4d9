"""Build tools that do what a project's own files tell them, and shells that are given a script to read."""

import posixpath
from collections.abc import Mapping

from msgspec.structs import replace

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.effect import Effect
from lading.check.effects.installers import installer_of
from lading.check.effects.reach import roam, spread_programs
from lading.check.effects.scripts import run_script
from lading.check.model.scene import Scene


def build(asked: Asked, scene: Scene) -> None:
    """A build: it writes where the project tells it to, and where its own words do (`gcc -o /usr/bin/x`)."""
    roam(scene)
    for word in asked.words:
        path = (word.text or "").rpartition("=")[2].removeprefix("-o")
        if path.startswith("/"):
            scene.grow(path)


def make(asked: Asked, scene: Scene) -> None:
    """`make`, `cmake`, `ninja`, `meson`: `install` puts things below `/usr/local`, as a rule."""
    args = Arguments(asked.words, ("-C", "-f", "-j", "--directory", "--file", "--prefix", "--target"))
    roam(scene)
    if any("install" in (word or "install") for word in [*args.plain, *args.values("--target")]) or args.has(
        "--install"
    ):
        for folder in ("/usr/local", "/usr/lib", "/usr/include", "/usr/share", "/etc"):
            scene.grow(folder)
        spread_programs(scene, "/usr/bin")


def shell(asked: Asked, scene: Scene) -> None:
    """A shell that reads a script from a pipe, or from a file that has not been looked into."""
    effect = installer_of(asked) if asked.fed else None
    if effect is not None:
        effect(asked, scene)
        return
    args = Arguments(asked.words, ("-o", "-c"), stops=True)
    path = args.plain[0] if args.plain and not asked.fed else None
    if path:
        found = scene.need(path, f"`{asked.program}` reads it")
        if run_script(asked, scene, found, args.operands[1:]):
            return
    scene.blur_all()


def source(asked: Asked, scene: Scene) -> None:
    """`. file`: variables are others then. What activates a virtual environment is known (`VIRTUAL_ENV`, `PATH`)."""
    path = asked.words[0].plain if asked.words else None
    folder, _, name = (scene.absolute(path) or "" if path else "").rpartition("/")
    if path and "/" in path:
        scene.need(path, f"`{asked.program}` reads it")
    env = scene.now.env
    if name == "activate" and scene.now.path:
        env = env.but({"VIRTUAL_ENV": posixpath.dirname(folder), "PATH": f"{folder}:{scene.now.path}"})
    else:
        env = replace(env.but({"PATH": None}), closed=False)
    scene.now = replace(scene.now, env=env)


def cargo(asked: Asked, scene: Scene) -> None:
    """`cargo build`: programs come to `target`; `cargo install` to `$CARGO_HOME/bin`."""
    args = Arguments(asked.words, ("--bin", "--target", "--features", "--manifest-path", "-p", "--package", "--root"))
    verb = args.plain[0] if args.operands else None
    if verb in ("build", "run", "test", "check") and not args.has("--manifest-path"):
        scene.need("Cargo.toml", f"`cargo {verb}` reads it")
    roam(scene)
    if verb == "install":
        spread_programs(scene, f"{scene.now.env.get('CARGO_HOME') or '/usr/local/cargo'}/bin")


_BUILDS = (
    "alembic", "ant", "bazel", "bundle", "cc", "composer", "configure", "django-admin", "dotnet", "dpkg-reconfigure",
    "fc-cache", "flask", "g++", "gcc", "gem", "gradle", "gradlew", "hugo", "javac", "ldconfig", "locale-gen",
    "localedef", "mix", "mvn", "mvnw", "mypy", "next", "ng", "nx", "playwright", "prisma", "protoc", "pytest", "rake",
    "ruff", "sbt", "setcap", "sqlx", "strip", "swift", "turbo", "update-alternatives", "update-ca-certificates", "vite",
)  # fmt: skip

EFFECTS: Mapping[str, Effect] = {
    **dict.fromkeys(_BUILDS, build),
    **dict.fromkeys(("ash", "bash", "dash", "sh", "zsh"), shell),
    **dict.fromkeys(("cmake", "make", "meson", "ninja"), make),
    ".": source,
    "cargo": cargo,
    "source": source,
}
