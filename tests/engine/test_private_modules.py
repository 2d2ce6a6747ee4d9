"""A private Go module in a build by BuildKit: it comes by secrets, and they are nowhere in the image or in an error."""

import re
import secrets
from pathlib import Path

from tests.engine.buildkit_service import HOST
from tests.engine.conftest import Program
from tests.support.leaks import forms, holders
from tests.support.private_modules import MODULE, PASSWORD, USER, served
from tests.support.public_bases import TAG, PublicBases, tar_of, write_image
from tools.engine.home import Home

TEXT = "words of a private module"
FILES = {
    "go.mod": "module git.example.test/team/shop\n\ngo 1.24\n",
    "main.go": f'package main\n\nimport greet "{MODULE}"\n\nfunc main() {{ println(greet.Text) }}\n',
}
PASSWORDS = forms(USER, PASSWORD)


def test_a_private_module_comes_by_secrets(lading: Program, engine_home: Home, tmp_path: Path) -> None:
    folder, image = tmp_path / "shop", tmp_path / "image"
    # BuildKit keeps modules between builds: one of its own for each run has to be fetched.
    with served(tmp_path / "private", TEXT, f"v1.2.{secrets.randbits(31)}") as private:
        private.project(FILES, folder)
        lading("lock", cwd=folder)
        bases = PublicBases(home=engine_home, folder=tmp_path)
        authority = {"private.crt": private.authority.ca_file}
        golang = bases.with_files("private", bases.golang(), authority, ["SSL_CERT_FILE=/private.crt"])
        static = tmp_path / "static"
        write_image(static, [tar_of({"private.crt": private.authority.ca_file})], {})
        names = re.findall(r"^FROM (?:--\S+ )*(\S+) AS", lading("render", "dockerfile", cwd=folder), re.MULTILINE)
        contexts = [f"{name}=oci-layout://{layout}:{TAG}" for name, layout in zip(names, (golang, static), strict=True)]
        netrc, settings = tmp_path / "netrc", tmp_path / "go.env"
        settings.write_text(f"GOPROXY={private.proxy.base}\nGONOPROXY=none\n")
        flags = [word for text in contexts for word in ("--build-context", text)]
        flags += ["--secret", f"id=netrc,src={netrc}", "--secret", f"id=go-env,src={settings}"]
        for password, code in ((f"{PASSWORD}-wrong", 3), (PASSWORD, 0)):
            netrc.write_text(f"machine 127.0.0.1:{private.proxy.port} login {USER} password {password}\n")
            done = lading.attempt("build", "--engine", "buildkit", *HOST, "-v", "-o", image, *flags, cwd=folder)
            assert done.returncode == code, done.stderr.decode()
            assert not any(form in done.stdout + done.stderr for form in PASSWORDS)
        assert any("@v/" in asked for asked in private.proxy.asked)
    assert list(holders([image], [TEXT.encode()]))
    assert not list(holders([image, folder], PASSWORDS))
