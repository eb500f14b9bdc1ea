"""The wheel holds every file of the product, and nothing that isn't committed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOVED = {"templates/": "survey_app/templates/", "migrations/": "survey_app/migrations/"}


def _expected() -> set[str]:
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "survey_app",
            "templates",
            "migrations",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    names = set()
    for name in listed:
        for source, target in MOVED.items():
            name = name.replace(source, target, 1) if name.startswith(source) else name
        if not name.endswith((".po", ".pot")):
            names.add(name)
    return names


@pytest.mark.slow
def test_wheel_holds_what_git_holds(tmp_path: Path) -> None:
    # From a copy, so that leftovers of earlier builds can't get in.
    source = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(tmp_path / "dist"),
            str(source),
        ],
        check=True,
        capture_output=True,
    )
    wheel = next((tmp_path / "dist").glob("*.whl"))
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == {
        name for name in _expected() if (ROOT / name).exists() or name.startswith(tuple(MOVED.values()))
    }
    target = tmp_path / "site"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--target",
            str(target),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    script = (
        "import survey_app.paths as p; from survey_app.app import create_app; from survey_app.services import schema\n"
        f"assert str(p.PACKAGE).startswith({str(target)!r}), p.PACKAGE\n"
        "app = create_app()\n"
        "with app.app_context(): schema.migrate()\n"
        "client = app.test_client()\n"
        "assert client.get('/sign-in').status_code == 200\n"
        "assert client.get('/healthz').status_code == 200\n"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        env={
            "PYTHONPATH": str(target),
            "SURVEY_INSTANCE": str(tmp_path / "instance"),
            "PATH": "/usr/bin:/bin",
        },
        cwd=tmp_path,
        capture_output=True,
    )
