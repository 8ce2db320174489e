"""A disk that is full: sentences, and everything goes on when there is room again."""
import base64
import os
import subprocess
import time
from pathlib import Path

import pytest

from serve_test import SMALL, Server, picture

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API")


class SmallDisk(Server):
    """A server whose folder is a disk of 32 MB, which it alone sees."""

    def __init__(self, zoetrope):
        (zoetrope.folder / "data").mkdir()
        program = zoetrope.folder / "on_small_disk"
        program.write_text(f"#!/bin/sh\nmount -t tmpfs -o size=32m none data && exec {zoetrope.program} \"$@\"\n")
        program.chmod(0o755)
        starter = zoetrope.folder / "start"
        starter.write_text(f'#!/bin/sh\nexec unshare -rm {program} "$@"\n')
        starter.chmod(0o755)
        zoetrope.program = starter
        super().__init__(zoetrope)
        self.filler = Path(f"/proc/{self.process.pid}/root{zoetrope.folder}/data/filler")

    def fill(self):
        file = os.open(self.filler, os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(file, b"x" * 4096):
                pass
        except OSError:
            os.close(file)


@pytest.mark.skipif(subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode != 0, reason="this machine lets nobody mount")
def test_a_full_disk_costs_sentences(zoetrope):
    with SmallDisk(zoetrope) as server:
        def made():
            video = server.client.videos.create(prompt="a red heart", size="64x64", extra_body=SMALL)
            return server.client.videos.poll(video.id)
        assert made().status == "completed"
        running = server.ask("POST", "/api/jobs", {"prompt": "a heart", "size": "96x96", "num_frames": 33, "num_inference_steps": 40})[2]["id"]
        deadline = time.time() + 60
        while server.ask("GET", f"/api/jobs/{running}")[2]["status"] != "in_progress":
            assert time.time() < deadline
            time.sleep(.05)
        server.fill()
        status, _, answer = server.ask("POST", "/v1/videos", {"prompt": "a", "input_reference": "data:image/png;base64," + base64.b64encode(picture(size=(64, 64))).decode()})
        assert status == 500 and "No space left" in answer["error"]["message"] or "disk is full" in answer["error"]["message"], answer
        assert server.ask("GET", "/healthz")[0] == 200
        server.filler.unlink()
        assert made().status == "completed", "server and worker go on"
        assert server.process.poll() is None
