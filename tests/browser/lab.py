"""A real JupyterLab in folders of its own, and the Chromium that opens it."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from course_utils.cli.lab import CONNECTION

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "apputils-extension/themes": {"theme": "JupyterLab Light", "adaptive-theme": False},
}
REPOSITORY = Path(__file__).resolve().parents[2]


def find_browser() -> str:
    """Errors: `RuntimeError` with the cure when there is none."""
    wanted = os.environ.get("COURSE_CHROMIUM")
    found = shutil.which(wanted) if wanted else next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        tried = f"COURSE_CHROMIUM is {wanted!r}" if wanted else f"looked for {', '.join(BROWSERS)}"
        raise RuntimeError(
            f"No browser found ({tried}). Install one, for example `sudo apt-get install chromium`, "
            "or set COURSE_CHROMIUM to its path."
        )
    return found


class Lab:
    """A running JupyterLab that serves `folder / "notebooks"`; use it in a `with` statement.

    What is drawn in it is kept in `work`.
    """

    def __init__(self, folder: Path, seconds: float = 90):
        self.notebooks = folder / "notebooks"
        self.log = folder / "lab.log"
        self.work = folder / "my-work"
        self._own = folder / "jupyter"
        self._seconds = seconds
        self._token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._port}/doc/tree/{name}?reset&token={self._token}"

    def __enter__(self) -> "Lab":
        self._write_settings()
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={self._port}",
                   f"--IdentityProvider.token={self._token}", f"--ServerApp.root_dir={self.notebooks}",
                   "--ServerApp.port_retries=0", CONNECTION, "--LabApp.expose_app_in_browser=True",
                   "--allow-root"]  # fmt: skip
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, env=self._environment(), stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._stop()

    def _write_settings(self) -> None:
        self.notebooks.mkdir(parents=True, exist_ok=True)
        for name, settings in SETTINGS.items():
            path = self._own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings), encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        own = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST"))}
        paths = os.pathsep.join(filter(None, [str(REPOSITORY), kept.get("PYTHONPATH")]))
        folders = {name: str(self._own / path) for name, path in own.items()} | {"COURSE_WORK": str(self.work)}
        return kept | folders | {"PYTHONPATH": paths}

    def _wait(self) -> None:
        deadline = time.monotonic() + self._seconds
        address = f"http://127.0.0.1:{self._port}/api/status?token={self._token}"
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(address, timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text(encoding='utf-8', errors='replace')}")

    def _stop(self) -> None:
        self._process.terminate()  # the server ends its kernels first
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
