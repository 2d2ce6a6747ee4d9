import io
import shutil
import subprocess
from pathlib import Path

import pytest

from lading.cli import completion
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.cli.main import COMMANDS


def script(shell: str) -> str:
    args = parse("completion", completion, [shell])
    out = io.StringIO()
    assert args is not None
    assert completion.run(args, Context(env={}, out=out)) == 0
    return out.getvalue()


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_every_command_and_a_flag_are_in_it(shell: str) -> None:
    text = script(shell)
    assert all(name in text for name in COMMANDS)
    assert "older-than" in text


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not there")
def test_bash_completes_commands_and_flags(tmp_path: Path) -> None:
    (tmp_path / "lading.bash").write_text(script("bash"))
    ask = (
        "source lading.bash; COMP_WORDS=(lading {words}); COMP_CWORD={at}; _shtab_lading; "
        'printf "%s\\n" "${{COMPREPLY[@]}}"'
    )

    def completed(*words: str) -> list[str]:
        command = ask.format(words=" ".join(words), at=len(words))
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert completed("bu") == ["build"]
    assert completed("prune", "--ol") == ["--older-than"]
