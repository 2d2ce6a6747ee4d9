"""Plans, and what is rendered of them, that are reviewed as diffs: files for each project below, in
`tests/unit/plan/golden` and `tests/unit/render/golden`.

`python -m tests.support.golden` writes them anew.
"""

from pathlib import Path

import msgspec
from tests.support.members import member
from tests.support.projects import FASTAPI_APP, facts_of, tree_of, uv_lock

from lading.digest import digest_of
from lading.lock.model import BasePin, BuildPin, Pins, ToolPin
from lading.lock.request import build_set
from lading.plan.debug import with_debug_shell
from lading.plan.make import make_plan
from lading.plan.model import ImageBase, Plan, PythonProject
from lading.plan.packages.make import packages_facts
from lading.plan.reasons import Planned
from lading.programs import source_of
from lading.render.bake import Target, bake
from lading.render.compose import compose, tag
from lading.render.desk import development_dockerfile
from lading.render.desks import desk_of
from lading.render.development import development
from lading.render.dockerfile import dockerfile
from lading.render.dockerignore import dockerignore
from lading.render.loops import GO_LOOP, NODE_LOOP
from lading.render.probes import probes
from lading.render.roles import Member
from lading.strategy.read import read_strategy
from lading.strategy.resolve import own_settings, resolve, resolve_image
from lading.survey.survey import survey
from lading.tree import MemoryTree

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests/unit/plan/golden"
RENDERED = ROOT / "tests/unit/render/golden"

_PACKAGE = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def example(name: str, *without: str) -> dict[str, bytes]:
    """The files of an example as they are in the repository, but for those of some names."""
    folder = ROOT / "examples" / name
    made = {".venv", "__pycache__", "node_modules", "dist", "lading.lock", *without}
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    kept = [path for path in paths if not made.intersection(path.parts)]
    shipped = [path for path in kept if not any(part.endswith("_cache") for part in path.parts)]
    return {path.as_posix(): (folder / path).read_bytes() for path in shipped}


def riskshield() -> MemoryTree:
    """The reference service, with a lock of our own: its real one is made on first use."""
    own = uv_lock("fastapi", "uvicorn", name="riskshield")
    return MemoryTree({**example("riskshield", "uv.lock"), "uv.lock": own})


def stockbook() -> MemoryTree:
    """The reference service that Poetry has locked."""
    return MemoryTree(example("stockbook"))


def notes() -> MemoryTree:
    """The reference service with requirements and hashes."""
    return MemoryTree(example("notes"))


def flask_shop() -> MemoryTree:
    """A Flask factory below `src`, with workers, migrations, a front end and secrets."""
    return tree_of(
        {
            "src/shop/__init__.py": "from flask import Flask\n\n\ndef create_app(debug=False):\n"
            "    app = Flask('shop')\n"
            "    from shop.health import bp\n    app.register_blueprint(bp)\n    return app\n",
            "src/shop/health.py": "from flask import Blueprint\nbp = Blueprint('health', 'shop')\n\n\n"
            "@bp.get('/healthz')\ndef health():\n    return 'ok'\n",
            "src/shop/jobs.py": "from celery import Celery\nqueue = Celery('shop')\nqueue.conf.beat_schedule = {}\n",
            "alembic.ini": "",
            "certs/own.pem": "",
            "package.json": "{}",
            "lading.toml": 'base = "slim"\nenv = { TZ = "Europe/Berlin" }\nregistry = "registry.example/team"\n'
            'platforms = ["linux/amd64", "linux/arm64"]\nbudget = "150MB"\n',
        },
        "flask",
        "gunicorn",
        "celery",
        "alembic",
        "psycopg2",
        name="shop",
    )


def packaged() -> MemoryTree:
    """A FastAPI service that is a package, on a registry's image, without a health check."""
    return tree_of(
        {
            "src/api/__init__.py": "",
            "src/api/main.py": FASTAPI_APP,
            "lading.toml": 'base = "python:3.12-slim"\nhealth = false\nuser = "1000"\ncompression = "zstd"\n',
        },
        "fastapi",
        "granian",
        more=f'description = "Answers."\n[project.scripts]\napi-admin = "api.cli:main"\n{_PACKAGE}',
    )


def django_site() -> MemoryTree:
    """A Django site whose code is in a folder of its own."""
    return tree_of(
        {
            "web/manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_.settings')\n",
            "web/site_/__init__.py": "",
            "web/site_/settings.py": "ROOT_URLCONF = 'site_.urls'\nSTATIC_ROOT = BASE / 'static'\n",
            "web/site_/urls.py": "from django.urls import path\nurlpatterns = [path('health/', v)]\n",
            "web/site_/wsgi.py": "application = 1\n",
        },
        "django",
        "gunicorn",
        name="site",
        requires=">=3.11,<3.12",
    )


EXAMPLES = {"fleet": ("auth", "payment"), "storefront": ("backend", "storefront", "storefront-site")}
"""Examples of several services, and those that have golden plans and Dockerfiles."""


PROJECTS = {
    "riskshield": riskshield,
    "stockbook": stockbook,
    "notes": notes,
    "flask-shop": flask_shop,
    "packaged": packaged,
    "django-site": django_site,
}
"""Every project that has a golden plan, by the name of its file."""


BASES = {
    "riskshield": ("distroless", "slim", "python:3.13-slim-trixie"),
    "flask-shop": ("distroless", "slim", "registry.example/platform/python:3.13"),
    "django-site": ("distroless", "slim", "python:3.11-slim-bookworm"),
    "packaged": ("python:3.12-slim",),
    "stockbook": ("slim",),
    "notes": ("distroless",),
}
"""The bases on which each project is rendered."""


def planned(tree: MemoryTree, base: str = "") -> Planned:
    """The plan of the only service in a tree, on its own base or on another."""
    facts = facts_of(tree)
    own = tree.read("lading.toml") if tree.exists("lading.toml") else None
    read = read_strategy(own, tree.read("pyproject.toml"))
    strategy = resolve(read, own_settings(read, facts.name.value, facts.folder)[0], facts.folder)
    if base:
        strategy = msgspec.structs.replace(strategy, base=base)
    return make_plan(facts, strategy, revision="0" * 40)


def examples() -> dict[str, tuple[Member, Planned]]:
    """The chosen services of the examples, by the names of their files."""
    found: dict[str, tuple[Member, Planned]] = {}
    for name, services in EXAMPLES.items():
        tree = MemoryTree(example(name))
        read = read_strategy(tree.read("lading.toml"), None)
        for facts in survey(tree).services:
            service, _ = own_settings(read, facts.name.value, facts.folder)
            if service in services:
                strategy = resolve(read, service, facts.folder)
                made = make_plan(facts, strategy, revision="0" * 40)
                found[f"{name}.{service}"] = Member(made.plan, facts, strategy), made
    return found


def plans() -> dict[str, str]:
    """Every golden plan, by the name of its file."""
    own = {f"{name}.json": plan_text(planned(project())) for name, project in PROJECTS.items()}
    return own | {f"{name}.json": plan_text(made) for name, (_, made) in examples().items()}


def plan_text(made: Planned) -> str:
    """A plan with the decisions behind it, as JSON."""
    return msgspec.json.format(msgspec.json.encode({"plan": made.plan, "why": made.decisions})).decode() + "\n"


IMAGES = """
registry = "registry.example/team"
[images.postgres]
packages = ["postgresql-17"]
[images.web]
packages = ["nginx-light"]
entrypoint = ["/usr/sbin/nginx"]
command = ["-g", "daemon off;"]
health = { command = ["/usr/bin/true"] }
accounts = { www = "65532:65532" }
directories = { "/srv/kept" = { owner = "5:6", mode = 0o750 } }
files = { "/etc/nginx/nginx.conf" = { source = "deploy/nginx.conf" } }
links = { "/srv/current" = "site" }
"""
"""Images of packages: of a server that is known, and of one that is declared."""


def image(name: str) -> tuple[Member, Planned]:
    """One of these images."""
    strategy = resolve_image(read_strategy(IMAGES.encode(), None), name)
    facts = packages_facts(strategy)
    made = make_plan(facts, strategy, revision="0" * 40)
    return Member(made.plan, facts, strategy), made


def pins_for(plan: Plan) -> Pins:
    """A lock that has what a Dockerfile can take from one: uv, an image base, and what builds the project's wheel."""
    digest = digest_of(b"")
    base = plan.runtime.base
    bases = [
        BasePin(reference=base.reference, digest=digest, platform=platform, manifest=digest)
        for platform in plan.platforms
        if isinstance(base, ImageBase)
    ]
    builds = [build_set(plan, step) for stage in plan.stages for step in stage.steps if isinstance(step, PythonProject)]
    return Pins(
        tools=(ToolPin(name="uv", version="0.13.6", platform="linux/amd64", filename="uv.whl", digest=digest),),
        bases=tuple(bases),
        build_sets=tuple(builds),
        build=tuple(
            BuildPin(project=one.project, python=one.python, name="hatchling", version="1.27.0", digests=(digest,))
            for one in builds
        ),
    )


def rendered() -> dict[str, str]:
    """Everything that is rendered of the projects, by the name of its file."""
    found: dict[str, str] = {}
    for name, bases in BASES.items():
        for base in bases:
            made, files = planned(PROJECTS[name](), base), PROJECTS[name]().files()
            kind = base if base in ("distroless", "slim") else "image"
            text = dockerfile(made.plan, pins=pins_for(made.plan), reasons=made.decisions, listing=files)
            found[f"{name}.{kind}.Dockerfile"] = text
            found[f"{name}.dockerignore"] = dockerignore(made.plan)
            if (name, base) == ("riskshield", "distroless"):
                debug = with_debug_shell(made.plan)
                text = dockerfile(debug, pins=pins_for(made.plan), reasons=made.decisions, listing=files)
                found[f"{name}.debug.Dockerfile"] = text
        one = member(PROJECTS[name]())
        found[f"{name}.compose.yaml"] = compose([one])
        found[f"{name}.compose.dev.yaml"] = development([one])
        found[f"{name}.Dockerfile.dev"] = development_dockerfile(one, pins=pins_for(one.plan))
    for name, (one, made) in examples().items():
        desk = desk_of(one)
        if desk:
            found[f"{name}.Dockerfile.dev"] = without_programs(desk.dockerfile(pins_for(made.plan)))
        text = dockerfile(made.plan, pins=pins_for(made.plan), reasons=made.decisions)
        found[f"{name}.Dockerfile"] = without_programs(text)
        found[f"{name}.dockerignore"] = dockerignore(made.plan)
    for name in EXAMPLES:
        chosen = [one for key, (one, _) in examples().items() if key.startswith(f"{name}.")]
        found[f"{name}.compose.yaml"] = compose(chosen)
        found[f"{name}.compose.dev.yaml"] = development(chosen)
        found[f"{name}.docker-bake.hcl"] = bake([_target(one) for one in chosen])
    members = []
    for name in ("postgres", "web"):
        one, made = image(name)
        members.append(one)
        found[f"image-{name}.Dockerfile"] = dockerfile(made.plan, reasons=made.decisions)
        found[f"image-{name}.dockerignore"] = dockerignore(made.plan)
    found["images.compose.yaml"] = compose(members)
    found["images.compose.dev.yaml"] = development(members)
    found["images.probes.yaml"] = probes(members)
    return found


def _target(member: Member) -> Target:
    plan = member.plan
    file = f"{plan.folder}/Dockerfile".removeprefix("./")
    return Target(
        service=plan.service,
        context=plan.context,
        dockerfile=file,
        image=plan.image,
        version=tag(member),
        platforms=plan.platforms,
    )


def without_programs(text: str) -> str:
    """A Dockerfile without the sources of Lading's own programs, which are reviewed where they are."""
    for program in ("probe", "grpc-probe", "static-server"):
        for name, source in source_of(program):
            text = text.replace(source, f"the source of {program}/{name}\n")
    for name, source in (("the loop for Go", GO_LOOP), ("the loop for Node", NODE_LOOP)):
        text = text.replace(source, f"{name}\n")
    return text


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in plans().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    RENDERED.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (RENDERED / name).write_text(text, encoding="utf-8")
