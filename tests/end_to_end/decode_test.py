"""Files from outside are read by children that may do nothing else: `zoetrope decode`, and the server and worker that use it."""
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from serve_test import SMALL, Server, picture

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API")


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def decoders_of(pid):
    """The processes below that make the children which read files."""
    found = [child for child in children_of(pid) if b"decode" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")]
    return found + [decoder for child in children_of(pid) if child not in found for decoder in decoders_of(child)]


def test_tells_what_info_tells(zoetrope):
    zoetrope("generate", "-p", "a red heart", "--frames", 9, "--steps", 2, "--size", "64x64", "-o", "a.mp4")
    assert json.loads(zoetrope("decode", "a.mp4").out) == json.loads(zoetrope("info", "a.mp4", "--json").out)


def test_refuses_what_cannot_be_read_with_a_sentence(zoetrope):
    (zoetrope.folder / "a.png").write_bytes(picture()[:60])
    (zoetrope.folder / "b.mp4").write_bytes(random.Random(5).randbytes(5000))
    for name in ("a.png", "b.mp4", "none.mp4"):
        assert name in zoetrope.refuses("decode", name, code=1)
    assert "is started by serve and work" in zoetrope.refuses("decode")


def test_uploads_are_read_by_children_of_their_own(zoetrope):
    with Server(zoetrope) as server:
        deadline = time.time() + 30
        while len(decoders := decoders_of(server.process.pid)) < 2 and time.time() < deadline:
            time.sleep(.1)
        assert len(decoders) == 2, "one of the server, one of its worker"
        for decoder in decoders:
            assert b"ZOETROPE" not in Path(f"/proc/{decoder}/environ").read_bytes()
        video = server.client.videos.create(prompt="a red heart", input_reference=("a.png", picture(), "image/png"), size="64x64", extra_body={**SMALL})
        assert server.client.videos.poll(video.id).status == "completed"
        for decoder in decoders:
            assert len(os.listdir(f"/proc/{decoder}/task")) == 1, "a process with threads cannot be copied safely"
        for decoder in decoders:  # whatever becomes of them, others take their place
            os.kill(decoder, signal.SIGKILL)
        video = server.client.videos.create(prompt="a red heart", input_reference=("a.png", picture("blue"), "image/png"), size="64x64", extra_body={**SMALL})
        assert server.client.videos.poll(video.id).status == "completed"
        status, _, refused = server.ask("POST", "/v1/videos", {"prompt": "a", "input_reference": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA"})
        assert status == 400 and refused["error"]["param"] == "input_reference" and str(zoetrope.folder) not in refused["error"]["message"]
        left = decoders_of(server.process.pid)
    time.sleep(.5)
    for decoder in left:
        assert not Path(f"/proc/{decoder}").exists() or Path(f"/proc/{decoder}/stat").read_text().split()[2] == "Z", "they end with the server"
