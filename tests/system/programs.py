"""Programs of a service, run as systemd would: they say on a socket that they are
ready and alive, and log to stderr."""

import os
import signal
import socket
import subprocess

from conftest import BUILD, DEADLINE_S


def outside_systemd():
    """The environment, wherever the tests run."""
    its = ("INVOCATION_ID", "JOURNAL_STREAM", "NOTIFY_SOCKET")
    return {name: value for name, value in os.environ.items() if name not in its}


def run(program, *args, **environ):
    return subprocess.run([BUILD / "bin" / program, *map(str, args)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=DEADLINE_S,
                          env={**outside_systemd(), **environ})


class Program:
    """A running one; `folder` is where its socket for systemd is made."""

    def __init__(self, program, config, folder, **environ):
        self.heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard.settimeout(DEADLINE_S)
        told_at = str(folder / f"notify-{program}")
        self.heard.bind(told_at)
        self.process = subprocess.Popen(
            [BUILD / "bin" / program, "--config", config], stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
            env={**outside_systemd(), "NOTIFY_SOCKET": told_at, "WATCHDOG_USEC": "200000", **environ})

    def until(self, state):
        """Block until it tells systemd so."""
        while True:
            said = self.heard.recv(4096).decode()
            if said.startswith(state):
                return said

    def logs(self, text):
        """Block until a line has `text`; fails when the program ends without it."""
        for line in self.process.stderr:
            if text in line:
                return line
        raise AssertionError(f"it never said '{text}'")

    def signal(self, which):
        self.process.send_signal(which)

    def end(self):
        """Its exit code, and what it logged since logs()."""
        said = self.process.communicate(timeout=DEADLINE_S)[1]
        return self.process.returncode, said

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.end()

    def kill(self):
        self.process.kill()
        self.process.communicate()
        self.heard.close()
