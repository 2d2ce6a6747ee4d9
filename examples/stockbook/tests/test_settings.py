import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from src.settings import WebSettings
from src.tokens import token

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WebSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_addresses_get_their_driver(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://app:s3cret@db/stock")
    monkeypatch.setenv("SECRET_KEY", "k" * 16)
    settings = WebSettings()
    assert settings.database_url == "postgresql+asyncpg://app:s3cret@db/stock"
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(("name", "value"), [("SECRET_KEY", "short"), ("REDIS_URL", "http://r"), ("LOG_LEVEL", "LOUD")])
def test_wrong_setting_is_named_and_not_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "k" * 16)
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=f"(?m)^{name.lower()}$") as caught:
        WebSettings()
    assert f"input_value='{value}'" not in str(caught.value)


def test_a_key_is_required() -> None:
    with pytest.raises(ValidationError, match="secret_key"):
        WebSettings()


def test_tokens_are_of_a_name_and_a_key() -> None:
    assert token("shop", b"k" * 16) == token("shop", b"k" * 16)
    assert len({token(name, key) for name in ("shop", "van") for key in (b"k" * 16, b"j" * 16)}) == 4
    with pytest.raises(ValueError, match="lower-case"):
        token("Shop.x", b"k" * 16)


def test_readme_lists_the_settings() -> None:
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", README.read_text("utf-8"), re.MULTILINE))
    assert listed == {name.upper() for name in WebSettings.model_fields}
