"""A headless Chromium with one page, driven through chromedriver (W3C WebDriver)."""

import asyncio
import contextlib
import http.server
import json
import math
import os
import pathlib
import re
import shutil
import struct
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import wave

import peer

FOLDER = pathlib.Path(__file__).parent
NAMES = {"chromium": ("chromium",), "chromium-driver": ("chromedriver",)}


def missing():
    """Debian's packages that are not here."""
    return [package for package, names in NAMES.items() if not any(map(shutil.which, names))]


def write_tone(path):
    """What the fake microphone plays over and over: a second, so that the end meets the start."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48000)
        angle = 2 * math.pi * peer.HEARD_TONE / 48000
        out.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(angle * i))) for i in range(48000)))


class Page(http.server.BaseHTTPRequestHandler):
    """Microphones are for pages that come from somewhere."""

    def do_GET(self):
        body = (FOLDER / "page.html").read_bytes() if self.path == "/" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Browser:
    def __init__(self, driver, session):
        self.driver, self.session = driver, session

    async def run(self, function, *arguments):
        """Calls an asynchronous function of the page."""
        script = f"return await {function}(...arguments)"
        return await _ask("POST", f"{self.driver}/session/{self.session}/execute/sync", script=script, args=arguments)


def _request(method, url, body):
    request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if method == "POST" else None)
    try:
        with urllib.request.urlopen(request, timeout=peer.LONGEST) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(json.load(error)["value"]["message"]) from None


async def _ask(method, address, **body):
    return await asyncio.to_thread(_request, method, address, body)


def _arguments(tone):
    out = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
           "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={tone}",
           "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
           "--disable-features=WebRtcHideLocalIpsWithMdns"]
    return out + ["--no-sandbox"] * (os.geteuid() == 0)


@contextlib.asynccontextmanager
async def _driver(folder):
    """Its address."""
    environment = dict(os.environ, HOME=folder, TMPDIR=folder)
    process = await asyncio.create_subprocess_exec("chromedriver", "--port=0", stdout=asyncio.subprocess.PIPE,
                                                   env=environment)
    try:
        async with asyncio.timeout(peer.LONGEST):
            async for line in process.stdout:
                if found := re.search(rb"started successfully on port (\d+)", line):
                    break
            else:
                raise RuntimeError("chromedriver did not start")
        yield f"http://127.0.0.1:{int(found[1])}"
    finally:
        process.terminate()
        await process.wait()


@contextlib.contextmanager
def _page():
    """Its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@contextlib.asynccontextmanager
async def browser():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, _page() as page:
        tone = pathlib.Path(folder) / "tone.wav"
        write_tone(tone)
        async with _driver(folder) as driver:
            wanted = {"alwaysMatch": {"goog:chromeOptions": {"args": _arguments(tone)}}}
            session = await _ask("POST", f"{driver}/session", capabilities=wanted)
            out = Browser(driver, session["sessionId"])
            print(f"Chromium {session['capabilities']['browserVersion']}", file=sys.stderr)
            try:
                await _ask("POST", f"{driver}/session/{out.session}/url", url=page)
                yield out
            finally:
                await _ask("DELETE", f"{driver}/session/{out.session}")
