"""`zoetrope serve`: the official client of OpenAI, unchanged, uses every method; what others use; what is refused."""
import base64
import io
import json
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import openai
import PIL.Image
import pytest

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API")

SMALL = {"num_frames": 9, "num_inference_steps": 2, "seed": 1}


class Server:
    """A server with one worker in a folder of its own."""

    def __init__(self, zoetrope, *words, key=None):
        self.zoetrope, self.key = zoetrope, key
        self.log = open(zoetrope.folder / "log", "ab")
        self.process = subprocess.Popen([zoetrope.program, "serve", "--port", "0", "--data", "data", *map(str, words)], cwd=zoetrope.folder,
                                        env=zoetrope.environment, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://"), (zoetrope.folder / "log").read_text()
        self.client = openai.OpenAI(base_url=self.url + "/v1", api_key=key or "none", max_retries=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()

    def ask(self, method, path, body=None, **headers):
        """-> status, headers, JSON or bytes."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        if isinstance(body, dict):
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=120)
        except urllib.error.HTTPError as error:
            answer = error
        content = answer.read()
        return answer.status, answer.headers, json.loads(content) if answer.headers["Content-Type"] == "application/json" else content

    def lines(self):
        return [json.loads(line) for line in (self.zoetrope.folder / "log").read_text().split("\n") if line]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    from conftest import Zoetrope
    with Server(Zoetrope(tmp_path_factory.mktemp("serve"))) as server:
        yield server


@pytest.fixture(scope="module")
def video(server):
    """A finished one."""
    video = server.client.videos.create_and_poll(prompt="a red heart on a beach", model="toybox", size="64x64", extra_body={**SMALL})
    assert video.status == "completed", video
    return video


def picture(colour="red", size=(64, 64)):
    file = io.BytesIO()
    PIL.Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def test_create_and_poll(server, video):
    assert re.fullmatch("video_[0-9a-f]{32}", video.id) and video.object == "video" and video.model == "toybox"
    assert (video.prompt, video.size, video.progress, video.error) == ("a red heart on a beach", "64x64", 100, None)
    assert video.created_at <= video.completed_at
    assert abs(float(video.seconds) - 9 / 8) < 2
    raw = server.client.videos.with_raw_response.retrieve(video.id)
    assert 250 <= int(raw.headers["openai-poll-after-ms"]) <= 5000


def test_download(server, video):
    content = server.client.videos.download_content(video.id).read()
    assert content[4:8] == b"ftyp"
    for variant, size in [("thumbnail", (64, 64)), ("spritesheet", None)]:
        image = PIL.Image.open(io.BytesIO(server.client.videos.download_content(video.id, variant=variant).read()))
        assert size is None or image.size == size
    status, headers, part = server.ask("GET", f"/v1/videos/{video.id}/content", Range="bytes=4-7")
    assert (status, part, headers["Content-Range"]) == (206, b"ftyp", f"bytes 4-7/{len(content)}")


def test_a_first_frame_as_a_file_and_as_a_data_url(server):
    url = "data:image/png;base64," + base64.b64encode(picture()).decode()
    for file, other in [(("first.png", picture(), "image/png"), {}), (openai.omit, {"input_reference": {"image_url": url}})]:
        video = server.client.videos.create(prompt="a red heart", input_reference=file, size="64x64", extra_body={**SMALL, **other})
        video = server.client.videos.poll(video.id)
        assert video.status == "completed", video
        first = PIL.Image.open(io.BytesIO(server.client.videos.download_content(video.id, variant="thumbnail").read()))
        assert first.getpixel((32, 32))[0] > 240 and first.getpixel((32, 32))[2] < 20


def test_list_has_pages_in_both_orders(server, video):
    made = [server.client.videos.create(prompt=f"{i} hearts", size="64x64", extra_body={**SMALL}).id for i in range(3)]
    newest = [v.id for v in server.client.videos.list(limit=2)]
    assert newest[:3] == made[::-1] and newest[-1] is not None and video.id in newest
    assert [v.id for v in server.client.videos.list(limit=2, order="asc")] == newest[::-1]
    page = server.client.videos.list(limit=2)
    assert page.has_more and page.last_id == newest[1]
    for id in made:
        deleted = server.client.videos.delete(id)
        assert (deleted.id, deleted.deleted, deleted.object) == (id, True, "video.deleted")
    with pytest.raises(openai.NotFoundError):
        server.client.videos.retrieve(made[0])


def test_remix_edit_and_extend(server, video):
    remix = server.client.videos.remix(video.id, prompt="a blue heart on a beach", extra_body={"num_inference_steps": 2})
    content = server.client.videos.download_content(video.id).read()
    edit = server.client.videos.edit(prompt="a blue heart", video=content, extra_body={"num_inference_steps": 2})
    # The client's own types allow {"id": ...} for the video, but its code takes files alone: so it is sent as other clients do.
    form = f'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na heart\r\n--b\r\nContent-Disposition: form-data; name="video[id]"\r\n\r\n{video.id}\r\n--b--'
    by_id = server.ask("POST", "/v1/videos/edits", form.encode(), **{"Content-Type": "multipart/form-data; boundary=b"})[2]
    longer_by_id = server.client.post("/videos/extensions", body={"prompt": "it shrinks", "seconds": 1, "num_inference_steps": 1, "video": {"id": video.id}}, cast_to=openai.types.Video)
    longer = server.client.videos.extend(prompt="the heart shrinks", seconds="1", video=("clip.mp4", content, "video/mp4"), extra_body={"num_inference_steps": 2})
    assert remix.remixed_from_video_id == video.id and remix.prompt == "a blue heart on a beach" and remix.size == "64x64"
    assert edit.seconds == remix.seconds
    for id in (remix.id, edit.id, longer.id, by_id["id"], longer_by_id.id):
        assert server.client.videos.poll(id).status == "completed"
    assert longer_by_id.seconds == longer.seconds
    probed = json.loads(server.zoetrope("info", f"data/jobs/{video.id}/video.mp4", "--json").out)
    after = json.loads(server.zoetrope("info", f"data/jobs/{longer.id}/video.mp4", "--json").out)
    fps = after["frames"] / float(longer.seconds)
    assert after["frames"] - probed["frames"] >= .9 * fps, "a second is new, and seconds are those of the whole"


def test_characters(server, video):
    content = server.client.videos.download_content(video.id).read()
    character = server.client.videos.create_character(name="Heart", video=("heart.mp4", content, "video/mp4"))
    assert server.client.videos.get_character(character.id).to_dict() == character.to_dict() and character.name == "Heart"
    with pytest.raises(openai.BadRequestError, match="takes references"):
        server.client.videos.create(prompt="x", extra_body={"characters": [{"id": character.id}]})
    with pytest.raises(openai.NotFoundError):
        server.client.videos.get_character("char_" + "0" * 32)


def test_a_running_job_shows_a_preview_and_is_cancelled(server):
    long = {**SMALL, "num_inference_steps": 1000}
    video = server.client.videos.create(prompt="a heart", size="64x64", extra_body=long)
    shown = None
    for _ in range(600):
        state = server.client.videos.retrieve(video.id)
        try:
            if state.status == "in_progress" and (shown := server.client.videos.download_content(video.id, variant="thumbnail").read()):
                break
        except openai.NotFoundError:
            pass
        time.sleep(.1)
    assert PIL.Image.open(io.BytesIO(shown)).format == "WEBP"
    with pytest.raises(openai.NotFoundError, match="not there yet"):
        server.client.videos.download_content(video.id)
    assert server.ask("POST", f"/api/jobs/{video.id}/cancel")[0] == 200
    begun = time.monotonic()
    while (state := server.client.videos.retrieve(video.id)).status == "in_progress":
        time.sleep(.05)
    assert time.monotonic() - begun < 10, "a loaded machine; two seconds on a quiet one"
    assert (state.status, state.error.code) == ("failed", "cancelled")


def test_json_bodies_sync_and_images(server):
    body = {"prompt": "a red heart", "width": 64, "height": 64, "num_frames": 5, "num_inference_steps": 1, "fps": 8, "guidance_scale": 2.5, "negative_prompt": "blue", "flow_shift": 2}
    status, headers, content = server.ask("POST", "/v1/videos/sync", body)
    assert status == 200 and content[4:8] == b"ftyp" and headers["Content-Type"] == "video/mp4"
    request = server.ask("GET", f"/api/jobs/{headers['x-video-id']}")[2]["request"]
    assert (request["frames"], request["steps"], request["guidance_scale"], request["shift"], request["negative_prompt"]) == (5, 1, 2.5, 2, "blue")
    images = server.client.images.generate(prompt="a red heart", n=2, size="64x64", extra_body={"num_inference_steps": 1})
    assert [PIL.Image.open(io.BytesIO(base64.b64decode(i.b64_json))).size for i in images.data] == [(64, 64)] * 2
    assert [m.id for m in server.client.models.list()] == ["toybox"] and server.client.models.retrieve("toybox").id == "toybox"


@pytest.mark.parametrize("fields, param, words", [
    ({"num_frames": 8}, "num_frames", "4k+1"),
    ({"size": "63x64"}, "size", "multiples of"),
    ({"size": "big"}, "size", "128x96"),
    ({"seconds": "-1"}, "seconds", "above 0"),
    ({"seconds": "soon"}, "seconds", "must be a number"),
    ({"num_inference_steps": 0}, "num_inference_steps", "1 to 1000"),
    ({"guidance_scale": 1000}, "guidance_scale", "0 to 100"),
    ({"colour": "red"}, "colour", "no field"),
    ({"input_reference": {"image_url": "http://127.0.0.1:1/x.png"}}, "input_reference", "none is ever fetched"),
    ({"input_reference": "../../etc/passwd"}, "input_reference", "id of an upload"),
    ({"input_reference": "data:image/png;base64,bm8="}, "input_reference", "cannot be used"),
    ({"video": {"id": "video_0"}}, "video", "no video"),
    ({"mask": "data:,x"}, "mask", "cannot be used"),
    ({"request": {"conditions": [{"media": "/etc/passwd"}]}}, "request", "not uploaded here"),
    ({"prompts": [{"seconds": 1}]}, "prompts", "must have"),
    ({"model": "../toybox"}, "model", "no model"),
])
def test_wrong_fields_are_named(server, fields, param, words):
    status, _, answer = server.ask("POST", "/v1/videos", {"prompt": "a heart", **fields})
    error = answer["error"]
    assert status == (404 if param == "model" or "id" in str(fields.get("video", "")) else 400), answer
    assert error["param"] == param and words in error["message"] and error["type"] == "invalid_request_error" and error["code"]
    assert str(server.zoetrope.folder) not in error["message"]


def test_other_wrong_use(server):
    assert server.ask("POST", "/v1/videos", b"{", **{"Content-Type": "application/json"})[2]["error"]["code"] == "invalid_json"
    assert server.ask("POST", "/v1/videos", b"x", **{"Content-Type": "text/plain"})[0] == 415
    assert server.ask("POST", "/v1/videos", {})[2]["error"]["param"] == "prompt"
    assert server.ask("GET", "/v1/nothing")[0] == 404
    status, headers, _ = server.ask("PATCH", "/v1/videos")
    assert status == 405 and headers["Allow"] == "GET, POST"
    assert server.ask("GET", "/v1/videos?limit=x")[2]["error"]["param"] == "limit"
    assert server.ask("GET", "/v1/videos", Host="evil.example")[0] == 403, "no page reaches this machine under another name"
    assert server.ask("GET", "/v1/videos", Origin="http://evil.example")[0] == 403


def test_the_native_api(server, video):
    plan = server.ask("POST", "/api/resolve", {"prompt": "a heart", "seconds": 2, "size": "64x64"})[2]
    assert plan["request"]["frames"] % 4 == 1 and plan["seconds"] > 0 and plan["bytes"] > 0 and any("2 s at" in n for n in plan["notices"])
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + picture() + b"\r\n--b--"
    status, _, upload = server.ask("POST", "/api/uploads", form, **{"Content-Type": "multipart/form-data; boundary=b"})
    assert status == 201 and (upload["width"], upload["height"]) == (64, 64)
    status, _, job = server.ask("POST", "/api/jobs", {"prompt": "a heart", "size": "64x64", **SMALL, "keyframes": [{"media": upload["file_id"], "frame": 4}]})
    assert status == 201 and job["request"]["conditions"][0]["frame_index"] == 4
    events = server.ask("GET", f"/api/jobs/{job['id']}/events")[2].decode()
    told = [json.loads(e.partition("\ndata: ")[2]) for e in events.split("\n\n") if e.startswith("event: job\n")]
    assert told[-1]["status"] == "completed" and [t["progress"] for t in told] == sorted(t["progress"] for t in told)
    assert events.endswith('event: end\ndata: {"status":"completed"}\n\n')
    assert server.ask("GET", told[-1]["artifacts"]["video"])[2][4:8] == b"ftyp"
    again = server.ask("POST", "/api/jobs", {"request": server.ask("GET", f"/api/jobs/{job['id']}")[2]["request"]})
    assert again[0] == 201 and again[2]["request"]["conditions"] == job["request"]["conditions"]
    assert server.ask("GET", "/api/jobs?limit=1")[2]["jobs"][0]["id"] == again[2]["id"]


def test_operation(server, video):
    assert server.ask("GET", "/healthz")[2] == {"status": "ok"} and server.ask("GET", "/readyz")[2] == {"status": "ready"}
    metrics = server.ask("GET", "/metrics")[2].decode()
    assert re.search(r'^zoetrope_jobs\{status="completed"\} [1-9]', metrics, re.M)
    assert re.search(r'^zoetrope_http_answers_total\{method="POST",route="/v1/videos",status="200"\} [1-9]', metrics, re.M)
    document = server.ask("GET", "/openapi.json")[2]
    assert document["openapi"] == "3.1.0" and set(document["paths"]["/v1/videos"]) == {"get", "post"}
    log = server.lines()
    assert any(line.get("route") == "/v1/videos/{id}" and line.get("id") == video.id for line in log)
    assert "heart" not in json.dumps(log), "prompts are not logged"


def test_keys_limits_and_shutting_down(zoetrope):
    assert "needs keys" in zoetrope.refuses("serve", "--host", "0.0.0.0", "--data", "data")
    (zoetrope.folder / "keys").write_text("secret-1\nsecret-2\n")
    with Server(zoetrope, "--api-key-file", "keys", "--max-queue", 1, "--max-seconds", 5, "--max-megapixels", .01, "--grace", 1, key="secret-2") as server:
        assert server.ask("GET", "/v1/videos")[0] == 401 and server.ask("GET", "/healthz")[0] == 200
        with pytest.raises(openai.BadRequestError, match="can have up to 10000 pixels"):
            server.client.videos.create(prompt="x", size="128x96")
        with pytest.raises(openai.BadRequestError, match="can be up to 5"):
            server.client.videos.create(prompt="x", size="64x64", seconds="9")
        with pytest.raises(openai.RateLimitError) as full:
            for _ in range(4):
                server.client.videos.create(prompt="x", size="64x64", extra_body={**SMALL, "num_inference_steps": 1000})
        assert full.value.response.headers["retry-after"] == "10" and full.value.code == "queue_full"
        running = [v.id for v in server.client.videos.list()]
        # The worker is killed: another one is started. Then all ends, and nothing is lost.
        started = [line["process"] for line in server.lines() if line["event"] == "worker_started"]
        subprocess.run(["kill", "-9", str(started[-1])], check=True)
        for _ in range(200):
            if len([line for line in server.lines() if line["event"] == "worker_started"]) > len(started):
                break
            time.sleep(.1)
        else:
            pytest.fail("no worker was started again")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
    with Server(zoetrope, "--workers", 0) as server:
        assert [v.id for v in server.client.videos.list()] == running


def test_a_policy_refuses_with_its_reason(zoetrope):
    (zoetrope.folder / "policy.toml").write_text('[[refuse]]\nreason.en = "no weapons here"\nreason.zh = "没有武器"\nwords.en = ["gun"]\nwords.zh = ["枪"]\n')
    with Server(zoetrope, "--policy", "policy.toml", "--workers", 0) as server:
        for path, body, param, reason in [
            ("/v1/videos", {"prompt": "A GUN"}, "prompt", "no weapons here"), ("/api/resolve", {"prompt": "一把手枪"}, "prompt", "没有武器"),
            ("/v1/images/generations", {"prompt": "a gun"}, "prompt", "no weapons here"), ("/api/jobs", {"request": {"prompt": "a gun"}}, "prompt", "no weapons here"),
            ("/v1/videos", {"prompt": "a cat", "seconds": 20, "prompts": [{"seconds": 4, "prompt": "it takes a gun"}]}, "prompts", "no weapons here"),
            ("/v1/videos", {"prompt": "a cat", "negative_prompt": "gun", "guidance_scale": 0}, "negative_prompt", "no weapons here")]:
            status, _, answer = server.ask("POST", path, body)
            assert (status, answer["error"]["code"], answer["error"]["param"], answer["error"]["message"]) == (400, "content_policy_violation", param, reason), answer
        assert server.ask("POST", "/v1/videos", {"prompt": "a cat", "negative_prompt": "gun", "guidance_scale": 4})[0] == 200
        assert server.ask("GET", "/api/jobs")[2]["jobs"].__len__() == 1
    (zoetrope.folder / "wrong.toml").write_text("[[refuse]]\n")
    assert "wrong.toml: the [[refuse]] of line 1 has no reason" in zoetrope.refuses("serve", "--policy", "wrong.toml", "--port", 0)


def test_a_full_disk_quota_refuses_and_deletes_nothing(zoetrope):
    with Server(zoetrope, "--quota", .00002, "--time-to-live", 3600, "--workers", 0) as server:  # 20 kB
        status, _, first = server.ask("POST", "/api/jobs", {"prompt": "a heart", "input_reference": "data:image/png;base64," + base64.b64encode(picture()).decode()})
        assert status == 201
        (zoetrope.folder / "data/uploads" / ("0" * 64 + ".bin")).write_bytes(b"x" * 30000)
        deadline = time.time() + 30
        while server.ask("POST", "/api/jobs", {"prompt": "a heart"})[0] != 507:
            assert time.time() < deadline
            time.sleep(.3)
        status, _, answer = server.ask("POST", "/v1/videos", {"prompt": "a heart"})
        assert (status, answer["error"]["code"]) == (507, "quota_exceeded") and "are full" in answer["error"]["message"]
        assert b"zoetrope_disk_bytes 3" in server.ask("GET", "/metrics")[2]
        assert server.ask("GET", "/api/jobs/" + first["id"])[0] == 200
        assert server.ask("DELETE", "/api/jobs/" + first["id"])[0] == 200
        assert len(list((zoetrope.folder / "data/uploads").iterdir())) == 2, "what is within its time stays"


def test_an_upload_goes_when_nobody_wants_it(zoetrope):
    with Server(zoetrope, "--time-to-live", 3) as server:
        form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + picture() + b"\r\n--b--\r\n"
        file = server.ask("POST", "/api/uploads", form, **{"Content-Type": "multipart/form-data; boundary=b"})[2]["file_id"]
        assert (zoetrope.folder / "data/uploads" / file).exists()
        deadline = time.time() + 60
        while (zoetrope.folder / "data/uploads" / file).exists():
            assert time.time() < deadline
            time.sleep(.2)
        status, _, answer = server.ask("POST", "/v1/videos", {"prompt": "a heart", "input_reference": file})
        assert status == 400 and answer["error"]["param"] == "input_reference"
        while not any(line["event"] == "uploads_removed" for line in server.lines()):  # it is told after they are gone
            assert time.time() < deadline
            time.sleep(.2)


def test_clients_ask_less_often_when_the_queue_is_long(server_without_worker):
    polls = []
    for _ in range(3):
        raw = server_without_worker.client.videos.with_raw_response.create(prompt="a heart", extra_body={"num_frames": 33, "num_inference_steps": 20})
        polls.append(int(raw.headers["openai-poll-after-ms"]))
    assert polls == sorted(polls) and (polls[0] < polls[2] or polls[0] == 5000)
    waits = [job["seconds_before"] for job in server_without_worker.ask("GET", "/api/jobs?order=asc")[2]["jobs"]]
    assert waits[0] == 0 and 0 < waits[1] < waits[2]


@pytest.fixture
def server_without_worker(zoetrope):
    with Server(zoetrope, "--workers", 0) as server:
        yield server
