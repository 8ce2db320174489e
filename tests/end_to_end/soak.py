#!/usr/bin/env python3
"""Many tiny jobs, some with uploads, some that fail or are cancelled: the memory of server, worker and the processes that read files stays what it is.

`make proof-soak` is the long form, tests/end_to_end/soak_test.py the short one."""
import argparse
import base64
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))
from conftest import Zoetrope  # noqa: E402
from decode_test import children_of, decoders_of  # noqa: E402
from serve_test import Server, picture  # noqa: E402


def megabytes(pid):
    """Private memory of a process, which the libraries that it shares are no part of."""
    fields = dict(line.split(":") for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return sum(int(fields[name].split()[0]) for name in ("Private_Dirty", "Private_Clean")) / 1024


def processes(server):
    workers = [pid for pid in children_of(server.process.pid) if pid not in decoders_of(server.process.pid)]
    return {"server": server.process.pid, "worker": workers[0], **{f"decoder {i}": pid for i, pid in enumerate(sorted(decoders_of(server.process.pid)))}}


def request(i):
    body = {"prompt": f"a red heart, number {i}", "size": "32x32", "num_frames": 5 + 4 * (i % 2), "num_inference_steps": 1, "seed": i}
    if i % 5 == 0:
        body["input_reference"] = "data:image/png;base64," + base64.b64encode(picture((i % 256, i // 256 % 256, 99), (32, 32))).decode()
    return body


def soak(folder, jobs, waiting=20):
    """Memory of each process after a quarter of the jobs and at the end, and how the jobs ended."""
    with Server(Zoetrope(Path(folder)), "--max-queue", 1000, "--time-to-live", 20) as server:
        ids, measured, began = [], {}, time.time()
        while True:
            counts = server.ask("GET", "/metrics")[2].decode()
            queued = int(counts.split('zoetrope_jobs{status="queued"} ')[1].split()[0])
            active = int(counts.split('zoetrope_jobs{status="in_progress"} ')[1].split()[0])
            done = len(ids) - queued - active
            if "first" not in measured and done >= jobs / 4:
                measured["first"] = {name: megabytes(pid) for name, pid in processes(server).items()}
            if done >= jobs:
                break
            for _ in range(min(waiting - queued, jobs - len(ids))):
                i = len(ids)
                status, _, job = server.ask("POST", "/api/jobs", request(i))
                assert status == 201, job
                ids.append(job["id"])
                if i % 10 == 9:
                    server.ask("POST", f"/api/jobs/{job['id']}/cancel")
                if i % 10 == 4:  # what is no picture is refused, and costs nothing either
                    assert server.ask("POST", "/api/jobs", {"prompt": "a", "input_reference": "data:image/png;base64,iVBORw0KGgoAAAAN"})[0] == 400
            time.sleep(.05)
        measured["last"] = {name: megabytes(pid) for name, pid in processes(server).items()}
        ended = {}
        for job in ids:
            status = server.ask("GET", f"/api/jobs/{job}")[2]["status"]
            ended[status] = ended.get(status, 0) + 1
        return {"jobs": jobs, "seconds": round(time.time() - began, 1), "ended": ended,
                "megabytes": {name: (round(measured["first"][name], 1), round(last, 1)) for name, last in measured["last"].items() if name in measured["first"]}}


def check(figures, share):
    assert set(figures["ended"]) <= {"completed", "cancelled"} and figures["ended"]["completed"] >= .85 * figures["jobs"], figures
    for name, (first, last) in figures["megabytes"].items():
        assert last <= first * (1 + share) + 2, (name, figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2000)
    with tempfile.TemporaryDirectory() as folder:
        figures = soak(folder, parser.parse_args().jobs)
        print(figures)
        check(figures, .05)
