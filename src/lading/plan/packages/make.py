"""The plan of an image of packages: one stage, the packages' files and what lading.toml says of them. Pure."""

import msgspec

from lading.errors import raise_all
from lading.plan.bases import package_base
from lading.plan.model import (
    Accounts,
    CopyFile,
    CopyFromStage,
    HealthCheck,
    MakeFolder,
    MakeLink,
    Process,
    RuntimeConfig,
    Stage,
    Step,
    WriteFile,
)
from lading.plan.packages.servers import Server, known_server
from lading.plan.reasons import Notebook, Planned
from lading.plan.running import (
    FOLDERS,
    PROBE,
    PROBE_GO,
    WHY_PROBE,
    WHY_VOLUME,
    accounts_of,
    health_check,
    labels_of,
    planned,
    probe_command,
    probe_stage,
    tell_rest,
)
from lading.strategy.model import FileStrategy, FolderStrategy, ImageStrategy
from lading.survey.model import Fact, PackagesService

Book = Notebook[PackagesService]

_NOTHING = Server(
    title="", package="", base="distroless", entrypoint=(), command=(), health=(), port=0, volumes=(), env=()
)
"""What holds where no server is known."""


def packages_facts(strategy: ImageStrategy) -> PackagesService:
    """What there is to know of an image that only lading.toml describes."""
    source = strategy.origin("packages") or "packages"
    server = _NOTHING if strategy.entrypoint else known_server(strategy.packages, strategy.port) or _NOTHING
    return PackagesService(
        name=Fact(value=strategy.service, source=source.removesuffix(".packages")),
        folder=".",
        packages=strategy.packages,
        variables=tuple(Fact(value=variable, source=server.title) for variable in server.variables),
    )


def packages_plan(facts: PackagesService, strategy: ImageStrategy, *, revision: str = "") -> Planned:
    """The plan of one image. `revision` is as for services.

    Raises `UsageError`, or `Problems` with all that stands against it.
    """
    book = Book(facts, strategy)
    server = _server(book, strategy)
    base = package_base(
        server.base if not strategy.base else "slim" if strategy.base == "slim" else "distroless",
        strategy.suite,
        strategy.packages,
        without=server.without if strategy.without is None else strategy.without,
    )
    _tell(book, strategy, base.name, server)
    config = _config(book, strategy, server, revision)
    raise_all(book.problems)
    why = f"the files of {', '.join(strategy.packages)} and what they need; maintainer scripts do not run"
    runtime = Stage(name="runtime", base=base, steps=_steps(strategy, server, config), why=why)
    return planned(
        book,
        context=facts.folder,
        stages=(probe_stage(PROBE_GO), runtime) if _asks(config) else (runtime,),
        config=config,
        processes=_processes(book, strategy, config),
    )


def _server(book: Book, strategy: ImageStrategy) -> Server:
    """What is known of the server that the packages are: nothing where the strategy says what is started."""
    if strategy.entrypoint:
        return _NOTHING
    server = known_server(strategy.packages, strategy.port)
    if server is None:
        if not strategy.command:
            book.problem(
                f"nothing says what {book.name} starts: no server that Lading knows is among its packages",
                where=book.facts.name.source,
                fix="name it as a list of words: command (and entrypoint)",
            )
        return _NOTHING
    book.add("start", "server", server.title, f"{book.origin('packages')} › {server.package}", "found")
    for note in server.notes if strategy.without is None else ():
        book.note(note)
    return server


def _tell(book: Book, strategy: ImageStrategy, base: str, server: Server) -> None:
    source = book.origin("base") if strategy.base else server.title or "default"
    book.add("base", "base", f"{base}, Debian {strategy.suite}", source)
    book.add("base", "packages", ", ".join(strategy.packages), book.origin("packages"))
    left_out = server.without if strategy.without is None else strategy.without
    if left_out:
        source = server.title if strategy.without is None else book.origin("without")
        book.add("base", "without", ", ".join(left_out), source)
    for volume in () if strategy.volumes else server.volumes:
        book.add("run", "volume", volume, server.title)
    if "/" not in strategy.image:
        book.note(f"{strategy.image} without a registry means Docker Hub's image of that name (`registry`, `image`)")
    tell_rest(book)


def _config(book: Book, strategy: ImageStrategy, server: Server, revision: str) -> RuntimeConfig:
    entrypoint = strategy.entrypoint or server.entrypoint
    command = strategy.command or server.command
    if strategy.command:
        book.add("start", "command", " ".join(command), book.origin("command"))
    port = strategy.port or server.port or None
    if port:
        book.add("run", "port", str(port), book.origin("port") if strategy.port else server.title)
    stop = server.stop_signal if strategy.origin("stop-signal") is None else strategy.stop_signal
    return RuntimeConfig(
        user=f"{strategy.uid}:{strategy.gid}",
        workdir=strategy.workdir or "/",
        env=_env(strategy, server),
        entrypoint=entrypoint,
        command=command,
        port=port,
        health=_health(book, strategy, server),
        stop_signal=stop,
        labels=labels_of(strategy, book.facts, revision=revision),
        volumes=_volumes(strategy, server),
    )


def _env(strategy: ImageStrategy, server: Server) -> tuple[tuple[str, str], ...]:
    env = {"LANG": "C.UTF-8", "PATH": ":".join((*server.programs, *FOLDERS)), **dict(server.env)}
    return tuple(sorted({**env, **dict(strategy.env)}.items()))


def _health(book: Book, strategy: ImageStrategy, server: Server) -> HealthCheck | None:
    health = strategy.health
    if not health.enabled:
        book.add("run", "health", "none", book.origin("health"))
        return None
    if health.path:
        return _asked(book, strategy, health.path, strategy.port or server.port)
    command = health.command or server.health
    if not command:
        book.note("there is no health check (`health.command` names one)")
        return None
    source = book.origin("health.command") if health.command else server.title
    book.add("run", "health", " ".join(command), source)
    made = health_check(strategy, command, path="", port=0, why="a program of the packages asks")
    if server.start_period is not None and strategy.origin("health.start-period") is None:
        return msgspec.structs.replace(made, start_period=server.start_period)
    return made


def _asked(book: Book, strategy: ImageStrategy, path: str, port: int) -> HealthCheck | None:
    """A check that asks a path by Lading's own program: packages need not have one that could."""
    if strategy.health.command or not port:
        what = "asks a path and runs a command" if strategy.health.command else "asks a path, and there is no port"
        fix = "leave one of them out" if strategy.health.command else f"name the port: images.{book.name}.port"
        book.problem(f"the health check of {book.name} {what}", where=book.origin("health.path"), fix=fix)
        return None
    book.reason("run", "health", book.said("health.path", path))
    command = probe_command("http", port, path, strategy.health.timeout)
    return health_check(strategy, command, path=path, port=port, why="a program of its own asks")


def _volumes(strategy: ImageStrategy, server: Server) -> tuple[str, ...]:
    return strategy.volumes or server.volumes


def _steps(strategy: ImageStrategy, server: Server, config: RuntimeConfig) -> tuple[Step, ...]:
    """Accounts, folders, files, links: each by path, the strategy's over the server's."""
    said = {folder.path for folder in strategy.folders}
    folders = [
        *strategy.folders,
        *(_own_folder(volume, strategy) for volume in config.volumes if volume not in said),
    ]
    texts = {path: FileStrategy(path=path, mode=mode, content=text) for path, mode, text in server.files}
    texts |= {file.path: file for file in strategy.files}
    return (
        _accounts(strategy),
        *(_folder(one, one.path in config.volumes) for one in sorted(folders, key=lambda one: one.path)),
        *(_file(texts[path]) for path in sorted(texts)),
        *(MakeLink(path=path, target=target, why="a name that the team wants") for path, target in strategy.links),
        *((CopyFromStage(stage="probe", path=PROBE, why=WHY_PROBE),) if _asks(config) else ()),
    )


def _asks(config: RuntimeConfig) -> bool:
    """Whether Lading's own program asks how the service is."""
    return config.health is not None and config.health.command[0] == PROBE


def _accounts(strategy: ImageStrategy) -> Accounts:
    """The user under the name that the strategy has for its number, and the other accounts."""
    usual = accounts_of(strategy)
    ids = (strategy.uid, strategy.gid)
    named = next((name for name, numbers in strategy.accounts if numbers == ids), usual.user)
    home = usual.home if named == usual.user else f"/home/{named}"
    others = tuple((name, uid, gid) for name, (uid, gid) in strategy.accounts if name != named)
    return msgspec.structs.replace(usual, user=named, home=home, others=others)


def _own_folder(path: str, strategy: ImageStrategy) -> FolderStrategy:
    return FolderStrategy(path=path, uid=strategy.uid, gid=strategy.gid, mode=0o755)


def _folder(one: FolderStrategy, volume: bool) -> MakeFolder:
    why = WHY_VOLUME if volume else "a folder with its owner"
    return MakeFolder(path=one.path, uid=one.uid, gid=one.gid, mode=one.mode, why=why)


def _file(one: FileStrategy) -> WriteFile | CopyFile:
    if one.source:
        return CopyFile(source=one.source, path=one.path, mode=one.mode, why="a file of the repository")
    return WriteFile(path=one.path, content=one.content, mode=one.mode, why="a small file")


def _processes(book: Book, strategy: ImageStrategy, config: RuntimeConfig) -> tuple[Process, ...]:
    """The container's own, then those of the strategy, by name."""
    source = book.origin("command") if strategy.command else book.origin("packages")
    main = Process(name="server", command=config.command, source=source)
    others = [
        Process(name=name, command=words, source=book.origin(f"processes.{name}")) for name, words in strategy.processes
    ]
    return (main, *others)
