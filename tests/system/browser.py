"""A headless Chromium, driven over WebDriver (W3C) by what Python brings along."""

import json
import subprocess
import urllib.request

from conftest import DEADLINE_S

CHROMIUM, DRIVER = "chromium", "chromedriver"


class Browser:
    def __init__(self, folder):
        self._log = open(folder / "chromedriver.log", "w+")
        self._driver = subprocess.Popen([DRIVER, "--port=0"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self._log, text=True)
        self._base = f"http://127.0.0.1:{self._port()}"
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                            "--disable-dev-shm-usage", f"--user-data-dir={folder / 'profile'}"]}
        self._session = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})["sessionId"]

    def _port(self):
        for line in self._driver.stdout:
            if "was started successfully on port" in line:
                return int(line.rstrip(".\n").rsplit(" ", 1)[1])
        raise AssertionError("chromedriver did not start")

    def _ask(self, method, path, body=None):
        request = urllib.request.Request(
            self._base + path, method=method, headers={"Content-Type": "application/json"},
            data=json.dumps(body or {}).encode() if method == "POST" else None)
        with urllib.request.urlopen(request, timeout=2 * DEADLINE_S) as answer:
            return json.loads(answer.read())["value"]

    def _do(self, method, path, body=None):
        return self._ask(method, f"/session/{self._session}{path}", body)

    def open(self, path, width=1100, height=900):
        self._do("POST", "/window/rect", {"width": width, "height": height})
        self._do("POST", "/url", {"url": path.as_uri()})
        return self

    def js(self, script):
        return self._do("POST", "/execute/sync", {"script": script, "args": []})

    def keys(self, text):
        keys = [{"type": kind, "value": c} for c in text for kind in ("keyDown", "keyUp")]
        self._do("POST", "/actions",
                 {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    def complaints(self):
        """What went wrong on the page since it was asked last."""
        return [e["message"] for e in self._do("POST", "/se/log", {"type": "browser"})
                if e["level"] in ("SEVERE", "WARNING")]

    def close(self):
        try:
            self._do("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait(DEADLINE_S)
            self._log.close()
