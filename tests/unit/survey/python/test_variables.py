import pytest
from tests.support.projects import FASTAPI_APP, facts_of, tree_of

from lading.survey.model import Variable


def variables(source: str, **files: str) -> dict[str, tuple[bool, bool]]:
    """Each variable of a service whose `main.py` imports `conf.py`: whether it is required, and secret."""
    own = {"main.py": f"import conf\n{FASTAPI_APP}", "conf.py": source}
    more = {f"{name}.py": text for name, text in files.items()}
    found = (fact.value for fact in facts_of(tree_of({**own, **more})).variables)
    return {one.name: (one.required, one.secret) for one in found}


@pytest.mark.parametrize(("line", "required"), [
    ("os.environ['REGION']", True),
    ("environ['REGION']", True),
    ("os.environ.get('REGION')", False),
    ("os.environ.get('REGION', 'eu')", False),
    ("os.getenv('REGION')", False),
    ("config('REGION')", True),
    ("config('REGION', default='eu')", False),
    ("env('REGION')", True),
    ("env.str('REGION')", True),
    ("env.str('REGION', 'eu')", False),
])  # fmt: skip
def test_the_ways_to_read_a_variable(line: str, required: bool) -> None:
    assert variables(f"x = {line}\n") == {"REGION": (required, False)}


@pytest.mark.parametrize("source", [
    "def f():\n    return os.environ['REGION']\n",
    "if True:\n    x = os.environ['REGION']\n",
    "try:\n    x = os.environ['REGION']\nexcept KeyError:\n    pass\n",
    "x = os.environ['REGION'] if y else ''\n",
    "x = os.environ.get('OTHER') or os.environ['REGION']\n",
    "x = lambda: os.environ['REGION']\n",
])  # fmt: skip
def test_what_is_not_always_read_is_not_required(source: str) -> None:
    assert variables(source)["REGION"] == (False, False)


@pytest.mark.parametrize("line", [
    "os.environ['REGION'] = 'eu'", "del os.environ['REGION']", "headers['REGION']", "headers.get('REGION')",
    "os.environ.get(name)", "os.environ['region']", "print('REGION')",
])  # fmt: skip
def test_what_is_no_reading(line: str) -> None:
    assert variables(f"{line}\n") == {}


def test_what_only_a_module_beside_the_app_needs_is_not_required() -> None:
    assert variables("", seed="import os\nx = os.environ['SEED_FILE']\n") == {"SEED_FILE": (False, False)}


def test_what_every_shell_has_set_is_none_of_the_services_business() -> None:
    assert variables("import os\nx = os.getenv('HOME')\ny = os.getenv('DEBUG')\nz = os.getenv('PORT', 1)\n") == {}
    assert variables("import os\nx = os.environ['DEBUG']\n") == {"DEBUG": (True, False)}


SETTINGS = """
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
class Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")
class Settings(Base):
    model_config = SettingsConfigDict(env_prefix="SHOP_")
    _own = 1
    region: str
    workers: int = 2
    signing: SecretStr | None = None
    api_token: str = ""
    named: str = Field(default="x", validation_alias="OTHER_NAME")
    needed: str = Field(..., min_length=1)
    made: list[str] = Field(default_factory=list)
"""


def test_fields_of_settings_are_variables() -> None:
    assert variables(SETTINGS) == {
        "SHOP_REGION": (True, False), "SHOP_WORKERS": (False, False), "SHOP_SIGNING": (False, True),
        "SHOP_API_TOKEN": (False, True), "OTHER_NAME": (False, False), "SHOP_NEEDED": (True, False),
        "SHOP_MADE": (False, False),
    }  # fmt: skip


def test_an_inner_class_gives_the_prefix_too() -> None:
    source = "from pydantic import BaseSettings\nclass Settings(BaseSettings):\n    region: str = 'eu'\n"
    assert variables(source) == {"REGION": (False, False)}
    assert variables(f"{source}    class Config:\n        env_prefix = 'A_'\n") == {"A_REGION": (False, False)}


def test_other_classes_that_are_called_settings_read_nothing() -> None:
    assert variables("class Settings:\n    region: str = 'eu'\n") == {}


def test_a_variable_is_told_once_with_the_place_that_needs_it() -> None:
    files = {
        "main.py": f"import conf\n{FASTAPI_APP}",
        "conf.py": "import os\na = os.getenv('REGION')\nb = os.environ['REGION']\n",
    }
    (fact,) = facts_of(tree_of(files)).variables
    assert fact.value == Variable(name="REGION", required=True)
    assert fact.source == "conf.py:3"
