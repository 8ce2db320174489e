"""`make install`: what lands where, and that it runs from there."""
import os
import subprocess
from pathlib import Path

BUILD = Path(os.environ.get("ZOETROPE_BUILD", Path(__file__).parents[2] / "build"))


def test_installs_a_program_that_runs_with_its_completion_and_models(tmp_path):
    prefix = tmp_path / "a b"
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
    version = subprocess.run([prefix / "bin" / "zoetrope", "--version"], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert version.stdout.startswith("zoetrope ")
    completion = prefix / "share/bash-completion/completions/zoetrope"
    assert "complete -F" in completion.read_text()
    installed = prefix / "share/zoetrope/models"
    models = Path(__file__).parents[2] / "models"
    assert {path.name for path in models.glob("*")} <= {path.name for path in installed.glob("*")}
