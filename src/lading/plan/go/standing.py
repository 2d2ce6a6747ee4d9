"""What the image of a Go service stands on. Pure.

Programs are built without cgo unless they need it: the standard library has its own resolver and user database then
(https://pkg.go.dev/net#hdr-Name_Resolution, https://pkg.go.dev/os/user), so that they need nothing of any base.
What has parts in C is linked with libc, and needs a base that has it.
"""

from lading.plan.bases import STATIC_SUITE, is_musl, linked_base, package_base, static_base
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
    tell_cgo(book)
    if book.facts.cgo:
        return _with_libc(book)
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


def tell_cgo(book: GoNotebook) -> None:
    """Write down whether programs are linked with C."""
    found: Fact[str] | None = book.facts.cgo
    if found is None:
        book.add("application", "cgo", "none: linked with nothing", book.facts.module, "found")
        return
    book.reason("application", "cgo", found)
    book.note(f"{book.name} needs cgo for {found.value}: Debian's compilers build it, and its base has libc")


def _with_libc(book: GoNotebook) -> Base:
    """The base of programs that are linked with libc: the same Debian release that they are compiled on."""
    name, packages = book.strategy.base, book.strategy.packages
    book.add("base", "base", name, book.origin("base"))
    if packages:
        book.add("base", "packages", ", ".join(packages), book.origin("packages"))
    match name:
        case "distroless" | "slim":
            return linked_base(name, packages)
        case "static" | "scratch":
            _refuse_base(book, "it has no libc")
        case _ if is_musl(name):
            _refuse_base(book, "its libc is musl, and Debian's compilers build for glibc")
        case _:
            _refuse_packages(book, f"Debian packages cannot be added to {name}")
            book.note(f"it is compiled on Debian {STATIC_SUITE}: the libc of {name} has to be as new as that one's")
    return ImageBase(reference=name)


def _refuse_base(book: GoNotebook, why: str) -> None:
    book.problem(
        f"{book.name} is linked with libc, and cannot stand on {book.strategy.base}: {why}",
        where=book.origin("base"),
        fix='base = "distroless", or a package in pure Go instead (modernc.org/sqlite for SQLite)',
    )


def _refuse_packages(book: GoNotebook, what: str) -> None:
    if book.strategy.packages:
        book.problem(what, where=book.origin("packages"), fix="take the base `distroless` or `slim`")


def has_accounts(base: Base) -> bool:
    """Whether the plan says who there is: on a base that Lading assembles."""
    return isinstance(base, DebianBase | ScratchBase)
