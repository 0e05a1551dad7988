"""Hosts as network namespaces: each has a link to the lab's network, and one to the
judges' (a proxy to a stub), which are two bridges. Needs root and iproute2.

    net = network(lab)
    host = net.host("w1")
    lab.worker("w1", [{**backend(stub), "url": net.judges(stub)}], host=host)
    host.cut()
    host.heal()
    host.impair("delay", "20ms", "10ms", "loss", "2%")
"""

import os
import shutil
import subprocess

import pytest

from proxy import Proxy

LAB, JUDGES = "10.213.17", "10.213.18"


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdin=subprocess.DEVNULL, capture_output=True,
                   timeout=30)


class Host:
    def __init__(self, net, name, number):
        self.net, self.name = net, f"{net.tag}-{name}"
        self.link = f"{net.tag}l{number}"
        self.address = f"{LAB}.{number}"
        self.wrap = ("ip", "netns", "exec", self.name)
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")
        self._attach(self.link, net.bridges[0], "eth0", f"{self.address}/24")
        self._attach(f"{net.tag}j{number}", net.bridges[1], "eth1", f"{JUDGES}.{number}/24")

    def _attach(self, link, bridge, inside, address):
        ip("link", "add", link, "type", "veth", "peer", "name", inside, "netns", self.name)
        ip("link", "set", link, "master", bridge, "up")
        ip("-n", self.name, "addr", "add", address, "dev", inside)
        ip("-n", self.name, "link", "set", inside, "up")

    def cut(self):
        """The cable is pulled, at the other end: nobody here is told."""
        ip("link", "set", self.link, "nomaster")

    def heal(self):
        ip("link", "set", self.link, "master", self.net.bridges[0])

    def impair(self, *how):
        """What it sends into the lab's network is delayed, lost, doubled …, as `tc netem` has
        it. Skips where the kernel has none."""
        tc = ["tc", "-n", self.name, "qdisc", "replace", "dev", "eth0", "root", "netem", *how]
        try:
            run = subprocess.run(tc, check=False, stdin=subprocess.DEVNULL, capture_output=True,
                                 timeout=30, text=True)
        except FileNotFoundError:
            pytest.skip("no tc (package iproute2)")
        if run.returncode:
            pytest.skip(f"no netem here: {run.stderr.strip()}")


class Network:
    def __init__(self):
        self.tag = f"az{os.getpid() % 100000}"
        self.bridges = [f"{self.tag}b0", f"{self.tag}b1"]
        self._hosts, self._proxies = [], []
        for bridge, address in zip(self.bridges, (f"{LAB}.254/24", f"{JUDGES}.254/24")):
            ip("link", "add", bridge, "type", "bridge")
            ip("addr", "add", address, "dev", bridge)
            ip("link", "set", bridge, "up")

    def host(self, name):
        self._hosts.append(Host(self, name, len(self._hosts) + 1))
        return self._hosts[-1]

    def judges(self, stub):
        """The url of a stub, as hosts see it."""
        proxy = Proxy(f"tcp://127.0.0.1:{stub.port}", at=f"{JUDGES}.254")
        self._proxies.append(proxy)
        return f"http://{proxy.endpoint.removeprefix('tcp://')}/v1"

    def close(self):
        for proxy in self._proxies:
            proxy.close()
        for host in self._hosts:
            subprocess.run(["ip", "netns", "del", host.name], check=False)
        for bridge in self.bridges:
            subprocess.run(["ip", "link", "del", bridge], check=False)


def network(lab):
    """Skips where there can be none."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("network namespaces need root and iproute2")
    try:
        net = Network()
    except subprocess.CalledProcessError as e:
        pytest.skip(f"no network namespaces here: {e.stderr.decode()}")
    lab.at_end(net.close)
    return net
