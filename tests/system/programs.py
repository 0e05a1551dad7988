"""Programs of a service, run as systemd would: they say on a socket that they are
ready and alive, and log to stderr."""

import os
import resource
import signal
import socket
import subprocess
import threading
import time

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
    """assize-coordinator or assize-worker, which may be started more than once.

    `folder` is where its socket for systemd and its log, NAME.log, are made;
    `environ` replaces the environment of the tests, `cwd` their folder; `wrap` goes before
    its command line, and `limits` is what setrlimit() is given."""

    def __init__(self, program, config, folder, name=None, environ=None, cwd=None, wrap=(),
                 limits=None):
        self.program, self.config, self.folder = program, config, folder
        self.name = name or program
        self.process = None
        self.lines, self.states = [], []  # what it logs, what it tells systemd
        self._environ = outside_systemd() if environ is None else environ
        self._cwd, self._wrap, self._limits = cwd, wrap, limits
        self._told = threading.Condition()
        self._log = open(folder / f"{self.name}.log", "a")
        self._heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._heard.bind(str(folder / f"{self.name}.notify"))
        threading.Thread(target=self._hear, daemon=True).start()

    # ---- its life ----

    def start(self, ready=True, **environ):
        """Start it, and wait until it says that it is ready."""
        since = len(self.states)
        self.process = subprocess.Popen(
            [*self._wrap, BUILD / "bin" / self.program, "--config", self.config], text=True,
            preexec_fn=self._limits and (lambda: resource.setrlimit(*self._limits)),
            cwd=self._cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**self._environ, "NOTIFY_SOCKET": self._heard.getsockname(), **environ})
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        if ready:
            self.told("READY=1", since)
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, which):
        self.process.send_signal(which)

    def kill9(self):
        """Killed, and gone when this returns."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def term(self):
        """Told to end, and ended when this returns: its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def stop(self):
        """As with ^Z; cont() lets it go on."""
        self.signal(signal.SIGSTOP)

    def cont(self):
        self.signal(signal.SIGCONT)

    def wait(self, timeout_s=DEADLINE_S):
        code = self.process.wait(timeout_s)
        self._reader.join(timeout_s)
        return code

    def close(self):
        if self.running():
            self.cont()
            self.kill9()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"", self._heard.getsockname())  # the end of _hear()
        self._log.close()

    # ---- what it says ----

    def mark(self):
        """Where its log is now, for said(since=)."""
        return len(self.lines)

    def said(self, text, since=0, deadline_s=DEADLINE_S):
        """Block until a line of its log has `text`."""
        return self._until(self.lines, text, since, deadline_s)

    def told(self, state, since=0):
        """Block until it tells systemd so."""
        return self._until(self.states, state, since, DEADLINE_S)

    def _until(self, told, text, since, deadline_s):
        ends = time.monotonic() + deadline_s
        ended = False  # what it told at last may still be on its way
        with self._told:
            while True:
                for line in told[since:]:
                    if text in line:
                        return line
                left = ends - time.monotonic()
                assert left > 0, f"{self.name} never told '{text}'"
                assert not ended, f"{self.name} ended without '{text}': {self.lines[-5:]}"
                ended = not self._reader.is_alive()
                self._told.wait(min(left, 0.5))

    def _add(self, to, text):
        with self._told:
            to.append(text)
            self._told.notify_all()

    def _read(self, pipe):
        for line in pipe:
            self._log.write(line)
            self._log.flush()
            self._add(self.lines, line.rstrip("\n"))
        with self._told:
            self._told.notify_all()

    def _hear(self):
        """Always: who tells more than is read is held up."""
        while state := self._heard.recv(4096).decode():
            self._add(self.states, state)
        self._heard.close()
