import pytest

from lading.errors import UsageError
from lading.strategy.model import AmountStrategy, FileStrategy, FolderStrategy, ServiceStrategy
from lading.strategy.read import read_strategy
from lading.strategy.resolve import resolve, resolve_image


def resolved(text: str = "", service: str = "api", folder: str = "services/api") -> ServiceStrategy:
    return resolve(read_strategy(text.encode(), None), service, folder)


def test_without_settings_the_defaults_hold() -> None:
    found = resolve(read_strategy(None, None), "api", ".")
    assert (found.base, found.uid, found.gid, found.platforms) == ("distroless", 65532, 65532, ("linux/amd64",))
    assert (found.compression, found.stop_signal, found.image, found.budget) == ("gzip", "SIGTERM", "api", None)
    assert (found.health.enabled, found.health.interval, found.health.timeout) == (True, 30.0, 10.0)
    assert found.origins == ()


def test_a_service_overrides_the_team() -> None:
    found = resolved('port = 8000\nbudget = "200MB"\n[services.api]\nport = 9000\n')
    assert (found.port, found.budget) == (9000, 200_000_000)
    assert found.origin("port") == "lading.toml › services.api.port"
    assert found.origin("budget") == "lading.toml › budget"


def test_tables_are_joined_and_lists_replaced() -> None:
    found = resolved("""
    groups = ["a", "b"]
    env = { A = "team", B = "team" }
    health = { interval = "10s", retries = 5 }
    [services.api]
    groups = ["c"]
    env = { B = "own" }
    health = { path = "/up" }
    """)
    assert found.groups == ("c",)
    assert found.env == (("A", "team"), ("B", "own"))
    assert (found.health.path, found.health.interval, found.health.retries) == ("/up", 10.0, 5)
    assert found.origin("env.B") == "lading.toml › services.api.env.B"


def test_the_health_check_can_be_switched_off_and_on_again() -> None:
    assert not resolved("health = false\n").health.enabled
    assert resolved("health = false\n[services.api]\nhealth = true\n").health.enabled
    assert not resolved("[services.api]\nhealth = false\n").health.enabled


def test_another_service_settings_do_not_count() -> None:
    assert resolved("[services.other]\nport = 1\npath = 'x'\n").port is None


def test_settings_find_their_service_by_its_folder() -> None:
    found = resolved("[services.front]\npath = './services/api/'\nport = 7000\n", service="front")
    assert found.port == 7000


def test_settings_with_a_path_are_not_those_of_a_namesake_elsewhere() -> None:
    assert resolved("[services.api]\npath = 'other'\nport = 7000\n").port is None


def test_the_registry_goes_before_the_name_and_a_full_name_replaces_both() -> None:
    assert resolved('registry = "registry.example/team"\n').image == "registry.example/team/api"
    text = 'registry = "registry.example/team"\n[services.api]\nimage = "other.example/x"\n'
    assert resolved(text).image == "other.example/x"


def test_root_must_be_allowed() -> None:
    with pytest.raises(UsageError, match="root") as caught:
        resolved('user = "0"\n')
    assert caught.value.where == "lading.toml › user"
    assert resolved('user = "0:0"\nallow-root = true\n').uid == 0


def test_what_is_listed_without_order_is_sorted() -> None:
    assert resolved('packages = ["libpq5", "libcairo2", "libpq5"]\n').packages == ("libcairo2", "libpq5")


def test_resources_are_joined_and_half_of_a_limit_is_kept_free() -> None:
    read = read_strategy(
        b"[resources.limits]\ncpus = 2\n[services.api]\nreplicas = 3\n"
        b'[services.api.resources.limits]\nmemory = "256MiB"\n'
        b"[services.api.resources.reservations]\ncpus = 0.5\n",
        None,
    )
    api, other = resolve(read, "api", "api"), resolve(read, "other", "other")
    assert (api.replicas, other.replicas) == (3, 1)
    assert api.resources.limits == AmountStrategy(cpus=2.0, memory=256 << 20)
    assert api.resources.reservations == AmountStrategy(cpus=0.5, memory=128 << 20)
    assert other.resources.limits == AmountStrategy(cpus=2.0, memory=512 << 20)
    assert other.resources.reservations == AmountStrategy(cpus=1.0, memory=256 << 20)
    assert api.origin("resources.reservations.cpus") == "lading.toml › services.api.resources.reservations.cpus"


@pytest.mark.parametrize("kept", ["cpus = 0.6", 'memory = "600MiB"'])
def test_more_than_a_container_may_take_cannot_be_kept_free_for_it(kept: str) -> None:
    read = read_strategy(f"[resources.reservations]\n{kept}\n".encode(), None)
    with pytest.raises(UsageError, match="kept free") as caught:
        resolve(read, "api", ".")
    assert caught.value.where == f"lading.toml › resources.reservations.{kept.split(maxsplit=1)[0]}"


@pytest.mark.parametrize("bad", ["replicas = 0", "replicas = 'x'", "[resources.limits]\ncpus = 0", "resources = 1"])
def test_resources_that_mean_nothing_are_refused(bad: str) -> None:
    with pytest.raises(UsageError):
        read_strategy(bad.encode(), None)


def test_a_service_may_be_built_by_another_engine_or_from_its_own_dockerfile() -> None:
    read = read_strategy(
        b'engine = "buildkit"\n[services.api]\nengine = "embedded"\n[services.old]\ndockerfile = "D"\n', None
    )
    assert (resolve(read, "api", ".").engine, resolve(read, "web", "web").engine) == ("embedded", "buildkit")
    assert (resolve(read, "old", "old").dockerfile, resolve(read, "api", ".").dockerfile) == ("D", "")
    own = b"[services.a]\n"
    for bad in (b'engine = "kaniko"', b'dockerfile = "D"', own + b'dockerfile = "../D"', own + b'dockerfile = "/D"'):
        with pytest.raises(UsageError):
            read_strategy(bad, None)


def test_an_image_of_packages_takes_of_the_team_what_holds_for_every_image() -> None:
    read = read_strategy(
        b'registry = "registry.example/team"\nuser = "1000"\nport = 8000\nenv = { TZ = "UTC" }\nbase = "slim"\n'
        b'budget = "1MB"\nlabels = { a = "team" }\npackages = ["libpq5"]\n'
        b'[images.db]\npackages = ["postgresql-17", "libx1"]\nlabels = { b = "own" }\n',
        None,
    )
    found = resolve_image(read, "db")
    assert (found.image, found.uid, found.labels) == ("registry.example/team/db", 1000, (("a", "team"), ("b", "own")))
    assert (found.port, found.env, found.budget, found.base) == (None, (), None, "")
    assert (found.packages, found.suite, found.without) == (("libx1", "postgresql-17"), "trixie", None)
    assert found.origin("packages") == "lading.toml › images.db.packages"


def test_folders_and_files_of_an_image_have_owners_and_permissions() -> None:
    read = read_strategy(
        b'[images.db]\npackages = ["redis-server"]\nuser = "999:998"\n'
        b'directories = { "/b" = {}, "/a" = { owner = "5", mode = 0o700 } }\n'
        b'files = { "/f" = { content = "text" }, "/e" = { source = "conf/e", mode = 0o755 } }\n',
        None,
    )
    found = resolve_image(read, "db")
    assert found.folders == (
        FolderStrategy(path="/a", uid=5, gid=5, mode=0o700),
        FolderStrategy(path="/b", uid=999, gid=998, mode=0o755),
    )
    assert found.files == (
        FileStrategy(path="/e", mode=0o755, source="conf/e"),
        FileStrategy(path="/f", mode=0o644, content="text\n"),
    )


@pytest.mark.parametrize(("more", "where"), [
    ('files."/f" = {}', 'files./f'), ('files."/f" = { content = "a\\u0000" }', 'files./f.content'),
    ('files."/f" = { content = "a", source = "b" }', 'files./f'), ('without = ["redis-server"]', "without"),
    ('health = { path = "/", command = ["x"] }', "health"), ('accounts = { a = "4294967295" }', "accounts.a"),
    ('directories."/d" = { owner = "4294967295" }', "directories./d.owner"),
])  # fmt: skip
def test_what_an_image_of_packages_contradicts_itself_in_is_refused(more: str, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_strategy(f'[images.db]\npackages = ["redis-server"]\n{more}\n'.encode(), None)
    assert caught.value.where == f"lading.toml › images.db.{where}"


def test_an_image_of_packages_names_packages_and_has_a_name_of_its_own() -> None:
    with pytest.raises(UsageError, match="packages is missing"):
        read_strategy(b"[images.db]\n", None)
    with pytest.raises(UsageError, match="a service is called db, too"):
        read_strategy(b"[services.db]\n[images.db]\npackages = ['x1']\n", None)
