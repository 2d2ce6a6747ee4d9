import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from src.settings import Settings

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RISKSHIELD_")]:
        monkeypatch.delenv(name)


def test_every_setting_has_a_default() -> None:
    assert Settings().attempts == 3


def test_one_source_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKSHIELD_API_KEY", "k-123")
    monkeypatch.setenv("RISKSHIELD_KEY_VAULT_URL", "https://vault.example")
    with pytest.raises(ValidationError, match="RISKSHIELD_KEY_VAULT_URL or RISKSHIELD_API_KEY, not both") as caught:
        Settings()
    assert "k-123" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_url", "ftp://api.example"),
        ("key_vault_url", "http://vault.example"),
        ("key_vault_secret", "../keys"),
        ("attempts", "0"),
        ("attempt_timeout", "-1"),
        ("deadline", "soon"),
        ("log_level", "LOUD"),
    ],
)
def test_wrong_setting_is_named_and_not_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"RISKSHIELD_{name.upper()}", value)
    with pytest.raises(ValidationError, match=f"(?m)^{name}$") as caught:
        Settings()
    assert f"input_value='{value}'" not in str(caught.value)


def test_readme_lists_the_settings_with_their_defaults() -> None:
    listed = dict(
        re.findall(r"^\| `RISKSHIELD_(\w+)` \|\s*`?([^|`]*?)`?\s*\|", README.read_text("utf-8"), re.MULTILINE)
    )
    assert listed == {
        name.upper(): "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in Settings()
    }
