"""The examples of deploy/, as far as they can be run here."""
import os
import re
import signal
import subprocess
import time
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_the_job_of_slurm_begins_workers_again_and_hands_on_sigterm(tmp_path):
    worker = tmp_path / "worker"
    worker.write_text("#!/bin/bash\necho \"$*\" >> began\nif [ \"$(wc -l < began)\" = 1 ]; then exit 1; fi\ntrap 'sleep .5; echo done > ended; exit 0' TERM\nwhile true; do sleep .05; done\n")
    worker.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "ZOETROPE": str(worker), "ZOETROPE_JOBS": "postgresql://db/z", "ZOETROPE_DATA": "/shared", "ZOETROPE_WORK": "--models toybox"}
    job = subprocess.Popen(["bash", DEPLOY / "zoetrope-worker.sbatch"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.time() + 20
    while not (tmp_path / "began").exists() or len((tmp_path / "began").read_text().splitlines()) < 2:
        assert time.time() < deadline and job.poll() is None
        time.sleep(.05)
    time.sleep(.3)
    job.send_signal(signal.SIGTERM)
    assert job.wait(20) == 0
    assert (tmp_path / "ended").exists(), "it waits until the worker has ended"
    assert (tmp_path / "began").read_text().splitlines() == ["work --jobs postgresql://db/z --data /shared --device cuda:0 --grace 100 --models toybox"] * 2


def test_the_job_of_slurm_says_what_is_missing(tmp_path):
    told = subprocess.run(["bash", DEPLOY / "zoetrope-worker.sbatch"], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert told.returncode != 0 and "ZOETROPE_JOBS: is not set: postgresql://" in told.stderr


def test_the_query_of_keda_counts_jobs(zoetrope):
    """In SQLite, which has the same table."""
    import sqlite3
    from serve_test import Server
    query = re.search(r'query: "(.*)"', (DEPLOY / "kubernetes.yaml").read_text()).group(1)
    with Server(zoetrope, "--workers", 0) as server:
        count = lambda: sqlite3.connect(zoetrope.folder / "data/jobs.sqlite").execute(query).fetchone()[0]
        assert count() == 0
        made = [server.ask("POST", "/api/jobs", {"prompt": "a heart"})[2]["id"] for _ in range(2)]
        assert count() == 2
        server.ask("POST", f"/api/jobs/{made[0]}/cancel")
        assert count() == 1


def test_flags_in_the_examples_exist(zoetrope):
    for command, text in [("work", (DEPLOY / "zoetrope-worker.sbatch").read_text()), ("work", (DEPLOY / "zoetrope-worker.service").read_text()),
                          ("serve", (DEPLOY / "kubernetes.yaml").read_text().split("zoetrope-worker")[0]), ("serve", (DEPLOY / "Dockerfile").read_text())]:
        known = zoetrope(command, "--help").out
        used = {flag for line in text.splitlines() if re.search(rf"\b{command}\b.* --", line) and "systemctl" not in line for flag in re.findall(r"(?<![\w-])--[a-z-]+", line.split(command, 1)[1])}
        assert used and all(flag in known for flag in used), used
