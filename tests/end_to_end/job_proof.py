"""Proof that no accepted job is lost: workers, and the process that accepts jobs, are killed with SIGKILL, and stopped for longer than a
lease, at random moments (seeded), and with PostgreSQL the database goes away for a while. At the end every accepted job has ended exactly
once, with one artifact or a recorded failure.

    job_proof.py [--jobs 1000] [--workers 2] [--seed N] [--pause 3] [--database sqlite|postgresql]      prints the figures as JSON
"""
import argparse
import collections
import getpass
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("ZOETROPE_BUILD", ROOT / "build"))
FINAL = ("completed", "failed", "cancelled")
ARTIFACTS = {"video.mp4", "thumbnail.jpg", "spritesheet.jpg"}


class Postgres:
    """A server of the proof's own, over a socket in a short folder."""

    @staticmethod
    def programs() -> Path | None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        return found[-1].parent if found else None

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="zoetrope-postgres-", dir="/tmp"))
        self.user = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []  # the server refuses to be root
        if self.user:
            shutil.chown(self.folder, "postgres")
        self.run("initdb", "--no-sync", "--auth=trust", "--username=postgres", "-D", self.folder / "data")
        self.start()
        self.url = f"postgresql:///postgres?host={self.folder}&user=postgres"

    def run(self, program: str, *words):
        subprocess.run([*self.user, self.programs() / program, *words], cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        self.run("pg_ctl", "-w", "-D", self.folder / "data", "-l", self.folder / "log", "-o", options, "start")

    def stop(self):
        self.run("pg_ctl", "-w", "-m", "immediate", "-D", self.folder / "data", "stop")

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)


class Probe:
    """What accepts jobs and asks for them, as a server does."""

    def __init__(self, url: str):
        self.process = subprocess.Popen([BUILD / "job-probe", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, **line):
        """The answer; None if the process died before it."""
        try:
            self.process.stdin.write(json.dumps(line) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        return json.loads(answer) if answer.endswith("\n") else None

    def close(self):
        self.process.stdin.close()
        self.process.wait()



UNSIGNED = ["--c2pa", "off", "--label", "off"]  # a signature holds a time; the label is the default of workers alone


class Workers:
    """Workers that are begun again whenever they end, as systemd does it; what they say goes into one file."""

    def __init__(self, folder: Path, url: str, count: int, *words):
        self.log = folder / "workers.log"
        self.command = [BUILD / "zoetrope", "work", "--jobs", url, "--data", folder / "data", *UNSIGNED, *map(str, words)]
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
        self.processes = [self.begin() for _ in range(count)]

    def begin(self) -> subprocess.Popen:
        with open(self.log, "a") as log:  # lines are whole: each is one write
            return subprocess.Popen(self.command, cwd=self.log.parent, env=self.environment, stderr=log)

    def restart(self):
        for i, process in enumerate(self.processes):
            if process.poll() is not None:
                self.processes[i] = self.begin()

    def close(self) -> list[int]:
        """Ends them in order, and gives their exit codes."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        return [process.wait(timeout=60) for process in self.processes]

    def events(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


def requests(folder: Path) -> list[dict]:
    """Requests of different lengths, each with the clip that it makes; and one that cannot be."""
    made = []
    for steps in (2, 10, 20):
        clip = folder / f"reference-{steps}.mp4"
        words = ["-p", "a red circle flies", "--size", "64x64", "--frames", 5, "--steps", steps, "--json", *UNSIGNED, "--creation-record", "off", "-o", clip]
        done = subprocess.run([BUILD / "zoetrope", "generate", *map(str, words)], check=True, capture_output=True, text=True,
                              env=dict(os.environ, OMP_NUM_THREADS="1"))
        made.append({"request": json.loads(done.stdout)[0]["request"], "bytes": clip.read_bytes()})
    return made + [{"request": made[0]["request"] | {"frames": 6}, "bytes": None}]


def prove(folder: Path, database: str, jobs: int, workers: int, seed: int, pause: float, away: float) -> dict:
    """Runs `jobs` jobs while something is killed or stopped about every `pause` seconds. Gives the figures; asserts the rest."""
    luck = random.Random(seed)
    lease = 1
    postgres = Postgres() if database == "postgresql" else None
    url = postgres.url if postgres else str(folder / "jobs.sqlite")
    kinds = requests(folder)
    wanted = {}  # id of an accepted job -> which request
    cancelled = set()
    figures = collections.Counter()
    begun = time.monotonic()
    probe = Probe(url)
    crew = Workers(folder, url, workers, "--lease", lease, "--save-every", .1)
    next_event, stopped = begun + pause, {}
    away_at = begun + 3 * pause if postgres else None
    try:
        while True:
            now = time.monotonic()
            for process, until in list(stopped.items()):
                if now > until:
                    process.send_signal(signal.SIGCONT)
                    del stopped[process]
            if now > next_event:
                next_event = now + luck.expovariate(1 / pause)
                event = luck.choices(["kill", "stop", "kill server"], [8, 1, 1])[0]
                victim = luck.choice(crew.processes)
                if event == "kill server":
                    probe.process.kill()
                elif event == "kill":
                    victim.kill()
                    victim.wait()  # `restart` must see that it ended
                    stopped.pop(victim, None)
                else:
                    victim.send_signal(signal.SIGSTOP)
                    stopped[victim] = now + 2 * lease
                figures[event] += 1
            if away_at and now > away_at:
                away_at = None
                postgres.stop()
                time.sleep(away)
                postgres.start()
                figures["database away"] += 1
            crew.restart()
            if probe.process.poll() is not None:
                probe = Probe(url)
            if len(wanted) < jobs:
                which = luck.choices(range(4), [5, 4, 2, 1])[0]
                added = probe(add={"model": "toybox", "request": kinds[which]["request"]})
                if added:
                    wanted[added["id"]] = which
                    if luck.random() < .03 and probe(cancel=added["id"]):
                        cancelled.add(added["id"])
                time.sleep(luck.uniform(0, .02))
                continue
            rows = probe(list=None)
            if rows is not None and all(row["status"] in FINAL for row in rows):
                break
            assert now - begun < 60 + 5 * jobs, f"seed {seed}: jobs do not end: {collections.Counter(row['status'] for row in rows or [])}"
            time.sleep(.2)
        figures["seconds"] = round(time.monotonic() - begun)
        for process in stopped:
            process.send_signal(signal.SIGCONT)
        crew.restart()
        time.sleep(lease)  # folders of failed jobs go
        codes = crew.close()
        rows = probe(list=None)
        check(seed, folder / "data" / "jobs", rows, wanted, cancelled, kinds, crew.events())
        assert codes == [0] * workers, f"seed {seed}: {codes}"
    finally:
        for process in crew.processes:
            process.kill()
        probe.close()
        if postgres:
            postgres.close()
    figures.update(row["status"] for row in rows)
    attempts = collections.Counter(row["attempts"] for row in rows)
    return {"database": database, "seed": seed, "jobs": jobs, "workers": workers, **figures,
            "lost after three attempts": sum(row.get("failure", {}).get("code") == "worker_lost" for row in rows),
            "resumed": sum(event["event"] == "resume" for event in crew.events()),
            "attempts": dict(sorted(attempts.items()))}


def check(seed, folder, rows, wanted, cancelled, kinds, events):
    """Every accepted job ended exactly once, with one artifact or a recorded failure."""
    of = {row["id"]: row for row in rows}
    assert len(of) == len(rows) and wanted.keys() <= of.keys(), f"seed {seed}: jobs are lost"
    ends = collections.Counter(event["job"] for event in events if event["event"] in FINAL)
    twice = [event for event in events if ends[event.get("job")] > 1]
    assert not twice, f"seed {seed}: jobs ended twice: {twice}"
    for id, row in of.items():
        say = f"seed {seed}: {row}"
        files = {path.name for path in (folder / id).glob("*")} if (folder / id).exists() else set()
        if row["status"] == "completed":
            assert files == ARTIFACTS and set(row["artifacts"].values()) == ARTIFACTS, f"{say}: {files}"
            if id in wanted:
                assert (folder / id / "video.mp4").read_bytes() == kinds[wanted[id]]["bytes"], f"{say}: another clip"
            continue
        assert not files and row["artifacts"] is None, f"{say}: {files}"
        if row["status"] == "cancelled":
            assert id in cancelled or id not in wanted, say
            continue
        code = row["failure"]["code"]
        assert row["failure"]["message"] and code in ("invalid_request", "worker_lost"), say
        if code == "worker_lost":
            assert row["attempts"] == 3, say
        elif id in wanted:
            assert kinds[wanted[id]]["bytes"] is None, say
    hidden = [path for path in folder.rglob("*") if path.is_file() and path.parent.name not in of]
    assert not hidden, f"seed {seed}: {hidden}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--pause", type=float, default=3, help="seconds from one kill to the next, on average")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(prove(Path(folder), asked.database, asked.jobs, asked.workers, asked.seed, asked.pause, away=10), indent=2))


if __name__ == "__main__":
    sys.exit(main())
