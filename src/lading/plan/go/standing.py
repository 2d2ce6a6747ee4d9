"""What the image of a Go service stands on. Pure.

Programs are built without cgo: the standard library has its own resolver and user database then
(https://pkg.go.dev/net#hdr-Name_Resolution, https://pkg.go.dev/os/user), so that they need nothing of any base.
"""

from lading.plan.bases import STATIC_SUITE, package_base, static_base
from lading.plan.go.notebook import GoNotebook
from lading.plan.model import Base, DebianBase, ImageBase, ScratchBase
from lading.survey.model import Fact


def choose_go(book: GoNotebook) -> str:
    """The least version of Go that builds the service."""
    fact = book.facts.go
    book.reason("base", "Go", fact)
    if fact.certainty == "assumed":
        book.note(f"Go {fact.value} is assumed: {fact.source}")
    return fact.value


def choose_base(book: GoNotebook) -> Base:
    """The base: the static one where the team's word is `distroless`, for there is no libc that anything would use."""
    name = book.strategy.base
    check_cgo(book)
    shown = "static" if name == "distroless" else name
    book.add("base", "base", shown, book.origin("base"))
    if book.strategy.packages:
        book.add("base", "packages", ", ".join(book.strategy.packages), book.origin("packages"))
    match name:
        case "distroless" | "static":
            return static_base(book.strategy.packages)
        case "slim":
            return package_base("slim", STATIC_SUITE, book.strategy.packages)
        case "scratch":
            _refuse_packages(book, "an empty base has no package database")
            return ScratchBase()
        case _:
            _refuse_packages(book, f"Debian packages cannot be added to {name}")
            return ImageBase(reference=name)


def check_cgo(book: GoNotebook) -> None:
    """A program that is linked with C cannot be built without a C compiler, which is what a team's own Dockerfile is
    for."""
    found: Fact[str] | None = book.facts.cgo
    if found is None:
        book.add("application", "cgo", "none: linked with nothing", book.facts.module, "found")
        return
    book.problem(
        f"{book.name} needs cgo for {found.value}: Lading builds programs without a C compiler",
        where=book.facts.at(found.source),
        fix="use a package in pure Go instead (modernc.org/sqlite for SQLite), or a Dockerfile of your own with a C "
        f"compiler in it: services.{book.name}.dockerfile in lading.toml",
    )


def _refuse_packages(book: GoNotebook, what: str) -> None:
    if book.strategy.packages:
        book.problem(what, where=book.origin("packages"), fix="take the base `distroless` or `slim`")


def has_accounts(base: Base) -> bool:
    """Whether the plan says who there is: on a base that Lading assembles."""
    return isinstance(base, DebianBase | ScratchBase)
