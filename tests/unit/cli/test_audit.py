import io
import json
from pathlib import Path

import pytest
from tests.unit.prove.audit.samples import SERVER, image
from tests.unit.prove.samples import Owned, an_image

from lading.cli import audit
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.errors import UsageError
from lading.oci.layout import write_layout
from lading.prove.audit import RULES

SETTINGS = """\
[audit]
fail-on = "warning"

[audit.ignore.set-user-id]
reason = "the probe needs it"
paths = ["usr/bin/*"]
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    write_layout(tmp_path / "good", {"app:1": image()})
    write_layout(tmp_path / "bad", {"app:1": image(application={"usr/bin/su": Owned(SERVER, 0o4755)})})
    write_layout(tmp_path / "root", {"app:1": image(config={"User": ""})})
    write_layout(tmp_path / "base", {"base:1": an_image({"x": b"1"})})
    return tmp_path


def told(here: Path, *words: str) -> tuple[int, str]:
    args = parse("audit", audit, words)
    out = io.StringIO()
    assert args is not None
    env = {"LADING_STORE": str(here / "store")}
    code = audit.run(args, Context(env=env, cwd=here, out=out, err=io.StringIO()))
    return code, out.getvalue()


def test_a_good_image(here: Path) -> None:
    code, text = told(here, "good")
    assert code == 0
    assert text.startswith("good  linux/amd64\nsha256:")
    assert "  user      65532:65532\n" in text
    assert "  starts    /app/server\n" in text
    assert "  programs  no shell, no package manager, no tool\n" in text
    assert "  linking   3 programs and libraries with 1 need, all met\n" in text
    assert text.endswith("\nnothing found in 1 image\n")


def test_what_is_wrong_is_told_and_counts(here: Path) -> None:
    code, text = told(here, "root")
    assert code == 1
    assert "configuration › User: error: the image runs as root" in text
    assert told(here, "root", "--fail-on", "never")[0] == 0
    assert told(here, "root", "--ignore", "runs-as-root")[0] == 0
    assert told(here, "bad")[0] == 0
    assert told(here, "bad", "--fail-on", "warning")[0] == 1


def test_settings_say_what_counts(here: Path) -> None:
    (here / "lading.toml").write_text(SETTINGS)
    code, text = told(here, "bad")
    assert code == 0
    assert "set-user-id" not in text
    document = json.loads(told(here, "bad", "--format", "json")[1])
    assert document["suppressed"][0]["reason"] == "the probe needs it"
    (here / "lading.toml").write_text(SETTINGS.replace("usr/bin", "opt"))
    assert told(here, "bad")[0] == 1


def test_json_has_facts_and_findings(here: Path) -> None:
    document = json.loads(told(here, "root", "--format", "json")[1])
    assert document["image"] == "root"
    assert document["facts"]["user"] == {"said": "", "uid": 0, "gid": 0}
    assert document["facts"]["linking"] == {"files": 3, "dynamic": 1, "needs": 1, "unmet": 0}
    assert [one["rule"] for one in document["findings"]] == ["runs-as-root"]
    assert document["failed"] is True


def test_other_formats_and_files(here: Path) -> None:
    sarif = json.loads(told(here, "bad", "--format", "sarif")[1])
    assert sarif["runs"][0]["results"][0]["ruleId"] == "set-user-id"
    code, text = told(here, "bad", "--format", "json", "--output", "audit.json")
    assert (code, text) == (0, "")
    assert json.loads((here / "audit.json").read_text())["image"] == "bad"


def test_a_budget_and_a_base(here: Path) -> None:
    assert "over-budget" in told(here, "good", "--budget", "1KB")[1]
    assert told(here, "good", "--budget", "1MB")[0] == 0
    with pytest.raises(UsageError, match="no size"):
        told(here, "good", "--budget", "much")
    assert "by the base that was named" in told(here, "good", "--base", "good")[1]
    with pytest.raises(UsageError, match="does not stand on this base"):
        told(here, "good", "--base", "base")


def test_the_rules_are_listed(here: Path) -> None:
    code, text = told(here, "--rules")
    assert code == 0
    assert all(f"{rule.id}  {rule.severity}\n  {rule.title}\n" in text for rule in RULES)


def test_bad_usage(here: Path) -> None:
    with pytest.raises(UsageError, match="no image was named"):
        told(here)
    with pytest.raises(UsageError, match="no rule 'run-as-root'") as caught:
        told(here, "good", "--ignore", "run-as-root")
    assert caught.value.fix == "did you mean runs-as-root?"
    with pytest.raises(UsageError, match="there is no image"):
        told(here, "nothing")
