"""The page of `zoetrope serve`, used in Chromium as people use it: by pointer, by keys alone, on a phone, in both languages."""
import base64
import io
import json
import re
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import axe_playwright_python
import PIL.Image
import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from conftest import ROOT, Zoetrope
from serve_test import Server

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
pytestmark = [pytest.mark.filterwarnings("ignore:The Sora API"), pytest.mark.skipif(not Path(DRIVER).exists(), reason="chromium-driver is not installed; tools/setup.sh tests installs it")]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
SLOW = 60  # seconds for what takes three on a quiet machine


class Page:
    """The page in a browser window of its own."""

    def __init__(self, url, language="en-US", size=(1360, 900), is_dark=False, folder=None):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--lang={language}"):
            options.add_argument(word)
        options.add_experimental_option("prefs", {"intl.accept_languages": language, "download.default_directory": str(folder or "/nowhere")})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 600})
        if is_dark:
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        self.driver.get(url)
        self.wait(lambda: self.all("#suggestions .chip"), "suggestions")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        told = [] if kind else [line for line in self.driver.get_log("browser") if line["level"] == "SEVERE" and "status of 4" not in line["message"]]
        self.driver.quit()
        assert not told, told

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def wait(self, condition, what, seconds=SLOW):
        patient = WebDriverWait(self.driver, seconds, .1, (NoSuchElementException, StaleElementReferenceException))  # what is drawn anew is looked for again
        return patient.until(lambda _: condition(), f"there was never: {what}")

    def click(self, selector):
        self.wait(lambda: self.all(selector), selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", self.one(selector))
        self.one(selector).click()

    def choose(self, group, value):
        """Picks one of a row of choices."""
        self.click(f"#{group} input[value='{value}']")

    def write(self, text):
        self.one("#prompt").clear()
        self.one("#prompt").send_keys(text)

    def draft(self):
        return json.loads(self.driver.execute_script("return localStorage.getItem('zoetrope.draft')"))

    def forecast(self):
        """What the page says before the button, for the draft as it is."""
        time.sleep(.5)
        return self.wait(lambda: self.all("#forecast .cost"), "a forecast")[0].text

    def make(self, what="make"):
        """Starts the draft and waits until a clip more is there -> its card."""
        before = len(self.all(".clip"))
        self.click(f"#{what}")
        return self.made(before)

    def made(self, before):
        self.wait(lambda: len(self.all(".clip")) > before, "a new clip")
        assert "completed" in self.one(".clip").get_attribute("class"), self.one(".clip").text
        return self.one(".clip")

    def serious(self):
        """What axe-core finds serious."""
        self.driver.execute_script(AXE)
        found = self.driver.execute_async_script("axe.run().then(arguments[0])")
        assert len(found["passes"]) > 10, "it looked"
        return [(v["id"], [n["html"][:120] + " " + n.get("failureSummary", "")[:200] for n in v["nodes"]]) for v in found["violations"] if v["impact"] in ("serious", "critical")]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(Zoetrope(tmp_path_factory.mktemp("studio"))) as server:
        yield server


@pytest.fixture(scope="module")
def page(server):
    with Page(server.url + "/") as page:
        page.choose("modes", "fast")
        yield page


@pytest.fixture(scope="module")
def clip(server, page):
    """A first clip, of the first recommended prompt -> its job."""
    page.click("#suggestions .chip")
    assert page.one("#prompt").get_attribute("value") == page.one("#suggestions .chip").text
    assert re.search(r"About \d+ s, .* of memory", page.forecast())
    assert re.search(r"\d+ characters · \d+ of 64 tokens", page.one("#prompt-count").text)
    card = page.make()
    return server.ask("GET", f"/api/jobs/{card.get_attribute('data-id')}")[2]


def test_the_page_is_the_files_of_the_source_tree_and_lets_nothing_else_in(server):
    for name in [f.name for f in (ROOT / "studio").iterdir()]:
        status, headers, body = server.ask("GET", "/" if name == "index.html" else f"/studio/{name}")
        assert (status, body) == (200, (ROOT / "studio" / name).read_bytes())
        kind = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}[Path(name).suffix]
        assert headers["Content-Type"].startswith(kind) and headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'self';") and "unsafe" not in headers["Content-Security-Policy"]
        assert server.ask("GET", "/" if name == "index.html" else f"/studio/{name}", **{"If-None-Match": headers["ETag"]})[0] == 304
    assert server.ask("GET", "/studio/..%2findex.html")[0] == 404 and server.ask("GET", "/studio/none.js")[0] == 404
    text = "".join(f.read_text() for f in (ROOT / "studio").iterdir())
    assert not re.search(r"<script(?![^>]*src)|<style|\sstyle=\"|\son\w+=\"", (ROOT / "studio/index.html").read_text())
    assert set(re.findall(r"https?://[^\s'\"`)]+", text)) <= {"http://www.w3.org/2000/svg"}, "no other network"


def test_a_clip_is_made_from_a_recommended_prompt(clip):
    request = clip["request"]
    assert clip["status"] == "completed" and (request["width"], request["height"], request["frames"], request["steps"]) == (96, 96, 33, 8)


def test_everything_of_the_form_is_in_the_request(server, page):
    page.write("a red heart floats up on a beach")
    page.choose("shapes", "112x80")
    page.choose("lengths", "image")
    page.driver.execute_script("const g = document.getElementById('guidance'); g.value = 5; g.dispatchEvent(new Event('input'))")
    page.click("#more summary")
    page.one("#negative").send_keys("blue")
    page.one("#seed").clear(), page.one("#seed").send_keys("41")
    page.one("#variants").clear(), page.one("#variants").send_keys("2")
    page.wait(lambda: "112x80" in page.one("#forecast").text, "a notice on the size")
    assert "trained" in page.one(".notices").text and page.one("#make").text == "Make 2 clips"
    before = len(page.all(".clip"))
    page.click("#make")
    page.wait(lambda: len(page.all(".clip.completed")) >= before + 2, "two clips")
    requests = [job["request"] for job in server.ask("GET", "/api/jobs?limit=2")[2]["jobs"]]
    assert sorted(r["seed"] for r in requests) == [41, 42]
    for r in requests:
        assert (r["width"], r["height"], r["frames"], r["guidance_scale"], r["negative_prompt"]) == (112, 80, 1, 5, "blue")
    page.one("#variants").clear(), page.one("#variants").send_keys("1")
    page.one("#negative").clear()
    page.choose("shapes", "96x96")
    page.choose("lengths", "own")


def test_what_is_wrong_stands_beside_its_field(page):
    page.one("#seconds").clear()
    page.one("#seconds").send_keys("9999")
    page.wait(lambda: page.one("#error-seconds").is_displayed(), "an error beside the length")
    assert "9999" in page.one("#error-seconds").text and page.one("#seconds").get_attribute("aria-invalid") == "true"
    page.choose("lengths", "own")
    page.wait(lambda: not page.one("#error-seconds").is_displayed(), "no error")
    page.write("a unicorn on a beach")
    page.wait(lambda: "'unicorn'" in page.one("#forecast").text, "what the model does not know")
    page.write(" ")
    page.click("#make")
    page.wait(lambda: "say what to show" in page.one("#error-prompt").text, "an error beside the prompt")


def test_a_running_clip_shows_how_far_it_is_survives_a_reload_and_is_cancelled(server, page, clip):
    body = {"prompt": "a duck floats up on a beach", "num_inference_steps": 1000}
    running, waiting, last = [server.ask("POST", "/api/jobs", {**body, "prompt": p})[2]["id"] for p in ("a duck floats up on a beach", "a cat in a room", "a pig in a room")]
    page.wait(lambda: page.all(f"[data-id={running}] .thumb img"), "a preview")
    page.wait(lambda: re.search(r"Drawing, \d+% · .* left", page.one(f"[data-id={running}]").text), "progress")
    page.driver.refresh()
    page.wait(lambda: page.all(f"[data-id={running}] .thumb img"), "the running clip after the reload")
    assert "Next in line" in page.one(f"[data-id={waiting}]").text and "1 before it" in page.one(f"[data-id={last}]").text
    page.click(f"[data-id={last}] [aria-label='Make it next']")
    page.wait(lambda: "1 before it" in page.one(f"[data-id={waiting}]").text, "another order")
    assert server.ask("GET", f"/api/jobs/{last}")[2]["priority"] == 1
    for id in (waiting, last, running):
        page.click(f"[data-id={id}] [aria-label=Cancel]")
    for id in (waiting, last, running):
        page.wait(lambda: page.all(f".clip.cancelled[data-id={id}]"), "a cancelled clip")
    page.click(f"[data-id={last}] [aria-label='Try again']")
    page.wait(lambda: page.all(".making"), "it is made again")
    page.click(".making [aria-label=Cancel]")
    page.wait(lambda: not page.all(".making"), "an empty queue")
    for id in (waiting, last, running):
        server.ask("DELETE", f"/api/jobs/{id}")
        page.wait(lambda: not page.all(f"[data-id={id}]"), "what another client deleted goes")


def test_search_favourites_and_delete_with_undo(server, page, clip):
    id = clip["id"]
    page.wait(lambda: page.all(f"[data-id={id}]"), "the clip")
    page.click(f"[data-id={id}] [aria-label=Favourite]")
    page.click("#favourites")
    page.wait(lambda: [c.get_attribute("data-id") for c in page.all(".clip")] == [id], "the favourite alone")
    page.click("#favourites")
    page.one("#search").send_keys("HEART floats")
    page.wait(lambda: page.all(".clip") and all("heart" in c.text for c in page.all(".clip")), "what was searched for")
    page.one("#search").clear(), page.one("#search").send_keys(" ", Keys.BACKSPACE)
    page.wait(lambda: page.all(f"[data-id={id}]"), "all clips")
    page.click(f"[data-id={id}] [aria-label=Delete]")
    page.wait(lambda: not page.all(f"[data-id={id}]"), "a clip less")
    page.click(".toast button")
    page.wait(lambda: page.all(f"[data-id={id}]"), "the clip again")
    assert server.ask("GET", f"/api/jobs/{id}")[0] == 200
    # Deleted in earnest: with the page left, at once.
    victim = page.one(".clip.cancelled").get_attribute("data-id")
    page.click(f"[data-id={victim}] [aria-label=Delete]")
    page.driver.refresh()
    page.wait(lambda: server.ask("GET", f"/api/jobs/{victim}")[0] == 404, "the deleted clip is gone")


@pytest.mark.parametrize("act, expected", [
    ("remix", {"strength": .7, "seed": "same", "video": True}),
    ("extendAfter", {"extend": "after", "video": True, "num_frames": 33}),
    ("extendBefore", {"extend": "before", "video": True}),
    ("restyleIt", {"strength": .5, "video": True}),
    ("loopIt", {"loop": True, "seed": "same"}),
    ("lastFrame", {"input_reference": True, "num_frames": 33}),
])
def test_what_is_offered_for_a_clip_can_be_made(server, page, clip, act, expected):
    page.click(f"[data-id={clip['id']}] .picture")
    page.click(f"[data-act={act}]")
    page.wait(lambda: not page.all("dialog"), "the form")
    page.wait(lambda: page.all("#given-body .slot") or act == "loopIt", "what is given")
    assert page.forecast() and not [e.text for e in page.all(".create .error") if e.is_displayed()]
    body = page.driver.execute_async_script("""const done = arguments[0];
        Promise.all([import('/studio/draft.js'), import('/studio/create.js')]).then(([d, c]) => done(d.bodyOf(c.currentModel())))""")
    for key, value in expected.items():
        assert body[key] == (clip["request"]["seed"] if value == "same" else value) or (value is True and body[key]), body
    assert body["prompt"] == clip["request"]["prompt"]
    plan = server.ask("POST", "/api/resolve", body)[2]
    assert act == "loopIt" or plan["request"]["conditions"], plan


def test_every_form_of_a_clip_can_be_had(server, clip):
    get = lambda name: server.ask("GET", f"/api/jobs/{clip['id']}/exports/{name}")
    gif, webp = (PIL.Image.open(io.BytesIO(get(name)[2])) for name in ("gif", "webp"))
    assert gif.size == webp.size == (96, 96) and webp.n_frames == 33
    frames = zipfile.ZipFile(io.BytesIO(get("frames")[2]))
    assert frames.testzip() is None and len(frames.namelist()) == 33
    last = PIL.Image.open(io.BytesIO(get("last_frame")[2]))
    assert last.tobytes() == PIL.Image.open(frames.open("frame-00033.png")).tobytes()
    assert get("avi")[0] == 404


def test_a_part_is_changed_with_the_brush_and_the_rest_is_kept(server, page, clip):
    page.click(f"[data-id={clip['id']}] .picture")
    page.click("[data-act=partOf]")
    canvas = page.wait(lambda: page.all("canvas.paint"), "the brush")[0]
    box = canvas.size
    ActionChains(page.driver).move_to_element_with_offset(canvas, -box["width"] // 4, -box["height"] // 4).click_and_hold().move_by_offset(0, box["height"] // 2).release().perform()
    page.click("dialog button.primary")
    page.wait(lambda: page.all("#given-body img.mask"), "the mask in the form")
    page.choose("modes", "fast")
    page.wait(lambda: page.one("#forecast").text, "a forecast")
    card = page.make()
    job = server.ask("GET", f"/api/jobs/{card.get_attribute('data-id')}")[2]
    condition, = job["request"]["conditions"]
    mask = PIL.Image.open(io.BytesIO(server.ask("GET", f"/api/uploads/{condition['mask']}")[2])).convert("L")
    assert mask.size == (96, 96) and mask.getpixel((24, 48)) == 255 and mask.getpixel((72, 48)) == 0
    first, second = ([PIL.Image.open(z.open(n)).convert("RGB") for n in z.namelist()] for z in
                     (zipfile.ZipFile(io.BytesIO(server.ask("GET", f"/api/jobs/{id}/exports/frames")[2])) for id in (clip["id"], job["id"])))
    def change(a, b, x):
        return sum(abs(p - q) for y in range(10, 86) for p, q in zip(a.getpixel((x, y)), b.getpixel((x, y)))) / (3 * 76)
    assert len(first) == len(second) and change(first[-1], second[-1], 85) < 6, "what is kept differs by its coding alone"


def test_an_image_moves_in_a_part_or_grows_by_its_handles(server, page, clip):
    """The last frame of a clip becomes the first picture; its edge is dragged."""
    page.click(f"[data-id={clip['id']}] .picture")
    page.click("[data-act=lastFrame]")
    page.wait(lambda: page.all("#given-body .slot img"), "the last frame on the strip")
    # A part of it moves: a cinemagraph.
    page.click("#given-body [value=part]")
    page.click("#paint")
    page.wait(lambda: page.all("canvas.paint"), "the brush")
    page.click(".tools button:nth-of-type(2)")
    page.click("dialog button.primary")
    page.wait(lambda: page.all("#given-body img.mask"), "the mask in the form")
    assert page.forecast() and not [e.text for e in page.all(".create .error") if e.is_displayed()]
    page.click("#given-body [value=grow]")
    page.click("#grow")
    handle = page.wait(lambda: page.all(".handle[data-side=right]"), "the handles")[0]
    before = int(page.one("dialog label:nth-of-type(3) input").get_attribute("value"))
    ActionChains(page.driver).drag_and_drop_by_offset(handle, 120, 0).perform()
    after = int(page.one("dialog label:nth-of-type(3) input").get_attribute("value"))
    assert after > before and after % 16 == 0
    page.click("dialog button.primary")
    page.choose("lengths", "image")
    page.wait(lambda: page.one("#forecast").text, "a forecast")
    job = server.ask("GET", f"/api/jobs/{page.make().get_attribute('data-id')}")[2]
    assert job["request"]["width"] == 96 + 32 + after and job["request"]["conditions"][0]["place"] == [32, 0, 96, 96]


DROP = """
const [name, bytes] = arguments, data = new DataTransfer();
data.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], name));
for (const kind of ['dragenter', 'dragover', 'drop']) document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
"""


def test_a_dropped_clip_restores_all_of_its_settings(server, page, clip):
    asked = {"prompt": "一只猫在沙滩上", "num_inference_steps": 5, "num_frames": 9, "size": "80x112", "seed": 77, "guidance_scale": 4.5, "negative_prompt": "dog", "flow_shift": 2.5}
    made = server.client.videos.create_and_poll(prompt=asked.pop("prompt"), extra_body=asked)
    page.write("something else")
    page.driver.execute_script(DROP, "cat.mp4", base64.b64encode(server.client.videos.download_content(made.id).read()).decode())
    page.wait(lambda: page.one("#prompt").get_attribute("value") == "一只猫在沙滩上", "the prompt of the file")
    assert not page.one("#drop").is_displayed() and "shift 2.5" in page.one("#kept").text
    page.forecast()
    original = server.ask("GET", f"/api/jobs/{made.id}")[2]["request"]
    again = server.ask("GET", f"/api/jobs/{page.make().get_attribute('data-id')}")[2]["request"]
    assert again == original, "the same clip, bit for bit"
    png = io.BytesIO()
    PIL.Image.new("RGB", (64, 64), "red").save(png, "PNG")
    page.driver.execute_script(DROP, "red.png", base64.b64encode(png.getvalue()).decode())
    page.wait(lambda: page.all("#given-body .slot img"), "a picture without a request is what to start from")
    page.driver.execute_script(DROP, "note.txt", base64.b64encode(b"hello").decode())
    page.wait(lambda: any("note.txt" in toast.text for toast in page.all(".toast")), "a sentence on what is no picture")
    page.driver.execute_script("localStorage.clear()")


def test_in_chinese_on_a_phone_in_the_dark(server, clip):
    with Page(server.url + "/", "zh-CN", (390, 844), is_dark=True) as page:
        assert page.driver.execute_script("return document.documentElement.lang") == "zh-CN" and page.one("#make").text == "生成视频"
        chip = page.one("#suggestions .chip")
        assert re.search("[\u4e00-\u9fff]", chip.text)
        chip.click()
        assert re.search(r"约 \d+ 秒", page.forecast())
        words = page.one("#prompt").get_attribute("value")
        page.write("一只独角兽在沙滩上"), page.choose("shapes", "112x80"), page.choose("lengths", "10")
        page.wait(lambda: len(page.all(".notices li")) == 4, "notices")
        assert all(re.match("[一-鿿\\d]", n.text) and n.get_attribute("lang") == "zh-CN" for n in page.all(".notices li")), page.one(".notices").text
        page.write(words), page.choose("shapes", "96x96"), page.choose("lengths", "own")
        page.choose("modes", "fast")
        card = page.make()
        assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 390, "nothing sticks out"
        assert server.ask("GET", f"/api/jobs/{card.get_attribute('data-id')}")[2]["request"]["prompt"] == page.one("#prompt").get_attribute("value")
        assert page.serious() == []
        page.click("#language")
        assert page.one("#make").text == "Make the clip" and page.one("#gallery-title").text == "Clips"


def test_by_keys_alone(server, clip):
    with Page(server.url + "/") as page:
        keys = lambda *words: ActionChains(page.driver).send_keys(*words).perform()
        focus = lambda: page.driver.switch_to.active_element
        def go_to(is_there, most=60):
            for _ in range(most):
                if is_there(focus()):
                    return focus()
                keys(Keys.TAB)
            pytest.fail("the focus never came there")
        keys(Keys.TAB)
        assert focus().text == "Skip to the clips"
        go_to(lambda e: e.get_attribute("id") == "prompt")
        keys("a red heart on a beach")
        go_to(lambda e: e.get_attribute("name") == "given")
        keys(Keys.ARROW_RIGHT)
        assert focus().get_attribute("value") == "pictures" and page.all("#given-body .slot"), "the focus stays where it was"
        keys(Keys.ARROW_LEFT)
        assert focus().get_attribute("value") == "nothing"
        go_to(lambda e: e.get_attribute("name") == "length")
        keys(Keys.ARROW_LEFT)  # a picture
        go_to(lambda e: e.get_attribute("name") == "mode")
        keys(Keys.ARROW_LEFT)  # fast
        go_to(lambda e: e.get_attribute("id") == "make")
        before = len(page.all(".clip"))
        keys(Keys.ENTER)
        id = page.made(before).get_attribute("data-id")
        request = server.ask("GET", f"/api/jobs/{id}")[2]["request"]
        assert (request["prompt"], request["frames"], request["steps"]) == ("a red heart on a beach", 1, 8)
        go_to(lambda e: "picture" in e.get_attribute("class") and e.find_element(By.XPATH, "..").get_attribute("data-id") == id, 90)
        keys(Keys.ENTER)
        page.wait(lambda: page.all("dialog[open]"), "the clip")
        assert page.serious() == []
        keys(Keys.ESCAPE)
        page.wait(lambda: not page.all("dialog"), "the page again")
        # The brush: arrows move it, Space paints.
        page.driver.execute_script(f"document.querySelector('[data-id={clip['id']}] .picture').click()")
        page.click("[data-act=partOf]")
        page.wait(lambda: page.all("canvas.paint"), "the brush")
        assert page.serious() == []
        keys(Keys.ARROW_LEFT, Keys.SPACE)
        assert page.driver.execute_script("const c = document.querySelector('canvas.paint'); return c.getContext('2d').getImageData(42, 48, 1, 1).data[3]") == 255
        keys(Keys.ESCAPE)
        assert page.serious() == []


def test_a_storyboard_becomes_prompts_over_time(page, clip):
    page.driver.refresh()
    page.wait(lambda: page.all("#suggestions .chip"), "the page")
    page.write("a duck floats up on a beach")
    page.click("#story summary")
    page.click("#story-body > button")
    page.one(".moment input[type=text]").send_keys(Keys.CONTROL, "a", Keys.NULL, "a duck floats up in the snow")
    page.wait(lambda: "windows" in page.one("#forecast").text, "a clip of several windows")
    story, = page.draft()["story"]
    assert story["prompt"] == "a duck floats up in the snow" and story["seconds"] > 2
    assert page.serious() == []


def test_a_server_with_keys_asks_for_one_once(zoetrope):
    (zoetrope.folder / "keys").write_text("secret\n")
    with Server(zoetrope, "--api-key-file", "keys", "--workers", 0, key="secret") as server:
        assert server.ask("GET", "/")[0] == 200 and server.ask("GET", "/api/jobs")[0] == 401
        server.client.videos.create(prompt="a cat", extra_body={"num_inference_steps": 1})

        class Locked(Page):
            def wait(self, condition, what, seconds=SLOW):
                if what == "suggestions":
                    super().wait(lambda: self.all("dialog[open] #key"), "the question for a key")
                    self.one("#key").send_keys("wrong", Keys.ENTER)
                    super().wait(lambda: "not one of" in "".join(p.text for p in self.all("#key-help")), "the question again")
                    self.one("#key").send_keys("secret", Keys.ENTER)
                return super().wait(condition, what, seconds)

        with Locked(server.url + "/") as page:
            page.wait(lambda: page.all(".making"), "the waiting job")
            page.driver.refresh()
            Page.wait(page, lambda: page.all(".making"), "the page without another question")
            assert not page.all("dialog")
