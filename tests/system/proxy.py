"""A network between two programs that is slow, loses what is sent, or is cut.

    proxy = lab.proxy(coordinator.workers)
    lab.worker("w0", [backend(stub)], to=proxy.endpoint)
    proxy.silence()    # nothing arrives, and nobody is told: a half-open connection
    proxy.heal()
    proxy.reset()      # all connections break

A thread passes bytes on, both ways, in their order; TCP is what makes a loss a
delay, and here a delay is a loss's.
"""

import heapq
import random
import selectors
import socket
import threading
import time


class Proxy:
    def __init__(self, endpoint, at="127.0.0.1"):
        host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
        self._to = (host, int(port))
        self._listener = socket.create_server((at, 0))
        self.endpoint = f"tcp://{at}:{self._listener.getsockname()[1]}"
        self._select = selectors.DefaultSelector()
        self._select.register(self._listener, selectors.EVENT_READ)
        self._wake, self._woken = socket.socketpair()
        self._select.register(self._woken, selectors.EVENT_READ)
        self._twins = {}  # socket -> the other end
        self._due = []  # (when, number, to, bytes)
        self._last = {}  # socket -> when the last bytes are due: order is kept
        self._orders = []  # for the thread
        self._passed = bytearray()
        self._silent = self._closing = False
        self._delay_ms, self._loss, self._rng = (0, 0), 0.0, random.Random(1)
        self._numbers = self._accepted = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    # ---- for tests ----

    def slow(self, low_ms, high_ms, loss=0.0):
        """Each piece arrives so late; one that is lost is sent again 200 ms later."""
        self._delay_ms, self._loss = (low_ms, high_ms), loss

    def silence(self):
        """Connections stay, new ones are taken, and no byte arrives any more."""
        self._order(lambda: setattr(self, "_silent", True))

    def heal(self):
        """What was held back arrives."""
        self._order(lambda: setattr(self, "_silent", False))

    def reset(self):
        """All connections break, and what was on its way is lost."""
        self._order(self._drop_all)

    def connections(self):
        """How many there were, those that broke among them."""
        return self._accepted

    def passed(self):
        """All bytes so far, of both ways."""
        return bytes(self._passed)

    def close(self):
        self._order(lambda: setattr(self, "_closing", True))
        self._thread.join()
        for s in (self._listener, self._wake, self._woken):
            s.close()

    # ---- the thread ----

    def _order(self, what):
        """Done by the thread, and done when this returns."""
        done = threading.Event()
        self._orders.append((what, done))
        self._wake.send(b"x")
        done.wait()

    def _run(self):
        while not self._closing:
            wait = None
            if self._due and not self._silent:
                wait = max(self._due[0][0] - time.monotonic(), 0)
            for key, _ in self._select.select(wait):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._woken:
                    self._obey()
                elif key.fileobj in self._twins:
                    self._receive(key.fileobj)
            self._deliver()
        self._drop_all()

    def _obey(self):
        self._woken.recv(4096)
        while self._orders:
            what, done = self._orders.pop(0)
            what()
            done.set()

    def _accept(self):
        near, _ = self._listener.accept()
        self._accepted += 1
        try:
            far = socket.create_connection(self._to)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._twins[one] = other
            self._last[one] = 0.0
            self._select.register(one, selectors.EVENT_READ)

    def _receive(self, one):
        try:
            data = one.recv(65536)
        except OSError:
            data = b""
        late = self._rng.uniform(*self._delay_ms) / 1000
        if self._rng.random() < self._loss:
            late += 0.2
        to = self._twins[one]
        self._last[to] = max(time.monotonic() + late, self._last[to])
        self._numbers += 1
        heapq.heappush(self._due, (self._last[to], self._numbers, to, data))
        if not data:
            self._select.unregister(one)

    def _deliver(self):
        while self._due and not self._silent and self._due[0][0] <= time.monotonic():
            _, _, to, data = heapq.heappop(self._due)
            if to not in self._twins:
                continue
            try:
                if data:
                    to.sendall(data)
                    self._passed += data
            except OSError:
                data = b""
            if not data:
                self._drop(to)

    def _drop(self, one):
        for end in (one, self._twins.get(one)):
            if end in self._twins:
                del self._twins[end], self._last[end]
                if end in self._select.get_map():
                    self._select.unregister(end)
                end.close()

    def _drop_all(self):
        self._due.clear()
        for one in list(self._twins):
            self._drop(one)
