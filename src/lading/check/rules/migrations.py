"""Migrations that every replica runs when it starts."""

from collections.abc import Iterator

from lading.check.rules.origins import shown
from lading.check.rules.starting import Started
from lading.check.rules.subject import Subject, tell
from lading.finding import Because, Finding, Rule

EVERY = Rule(
    id="migration-in-entrypoint",
    severity="warning",
    title="Every replica runs the migrations when it starts",
    why="Replicas start at once, and again after each crash: they change the same tables at the same time, and a "
    "migration that fails keeps all of them from starting.",
)
RULES = (EVERY,)


def find(subject: Subject) -> Iterator[Finding]:
    """Migrations among other commands of a start script; a command that only migrates is a process of its own."""
    by_script = [one for one in subject.starts if one.purpose == "start" and one.by_shell]
    if not any(not migrates(one) for one in subject.starts if one.purpose == "start"):
        return
    replicas = [
        Because(place=one.replicas_place, text=f"{shown(one.name)} runs {one.replicas} replicas")
        for one in subject.services
        if one.replicas > 1 and one.replicas_place is not None
    ]
    for one in by_script:
        if migrates(one):
            where = f"`{one.script}`" if one.script else "the command"
            yield tell(
                EVERY, one.place, f"{where} runs {shown(' '.join(word or '…' for word in one.words))} at every start",
                *one.because, *replicas,
                help="run the migrations once before a release, as a command (or job) of their own with this image",
            )  # fmt: skip


def migrates(one: Started) -> bool:
    """Whether a command changes a database's tables to those of this release."""
    words = [word or "" for word in one.words]
    joined = " ".join([one.name, *words[1:]])
    if words[1:2] == ["-m"]:
        joined = " ".join(words[2:])
    return any(part in f"{joined} " for part in _COMMANDS)


_COMMANDS = (
    "alembic upgrade ", "manage.py migrate ", "django-admin migrate ", "flask db upgrade ", "aerich upgrade ",
    "prisma migrate deploy ", "knex migrate:latest ", "sequelize db:migrate ", "sequelize-cli db:migrate ",
    "typeorm migration:run ", "rails db:migrate ", "rake db:migrate ", "yoyo apply ",
)  # fmt: skip
