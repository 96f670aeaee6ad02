#!/usr/bin/env python3
"""From behind every kind of NAT: what `pqc-chat p2p endpoint` finds out with two of our STUN servers, as a table.

    nat_test.py FOLDER_OF_PROGRAMS [unittest arguments]
"""

import concurrent.futures
import json
import os
import sys
import unittest

import lab

lab.enter()
BIN = lab.programs(sys.argv.pop(1))
WAIT = 60
PORT = 3478

# What `p2p endpoint` is to say; symmetric is address-dependent as far as two ports of two addresses tell.
EXPECTED = {"open": "none", "endpoint-independent": "endpoint_independent", "address-dependent": "address_dependent",
            "symmetric": "address_dependent", "ipv6-only": "none", "udp-blocked": None, "https-only": None}

# Tells every datagram's sender where it came from.
REFLECTOR = """
import socket, sys
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for port, s in zip((7001, 7002), sockets): s.bind(("", port))
print("ready", flush=True)
import select
while True:
    for s in select.select(sockets, [], [])[0]:
        _, source = s.recvfrom(100)
        s.sendto(repr(source).encode(), source)
"""
# The ports by which one socket is seen at ADDRESS:PORT, in that order.
ASK = """
import ast, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
ports = []
for place in sys.argv[1:]:
    host, port = place.split(":")
    s.sendto(b"?", (host, int(port)))
    ports.append(ast.literal_eval(s.recv(100).decode())[1])
print(s.getsockname()[1], *ports)
"""


def start_stun_server(net):
    host = net.public_host()
    read_end, write_end = os.pipe()
    net.start(host, [BIN / "pqc-chat-server", "run", "--data", net.folder / host.name, "--listen", ":8443", "--name", "stun.example",
                     "--stun", PORT, "--ready-fd", write_end], pass_fds=[write_end], stdout=-3, stderr=-3)
    os.close(write_end)
    with os.fdopen(read_end) as ready:
        if "stun=" not in ready.read():
            raise RuntimeError("the server does not start")
    return host


def find_endpoint(host, servers):
    """(exit code, {type: objects})"""
    addresses = [f"[{s.ipv6}]:{PORT}" if host.ipv4 is None else f"{s.ipv4}:{PORT}" for s in servers]
    # Where nothing answers, one server is enough to wait for.
    asked = addresses[:1] if EXPECTED[host.kind] is None else addresses
    result = host.run([BIN / "pqc-chat", "--json", "p2p", "endpoint", *(w for a in asked for w in ("--stun", a))], timeout=WAIT)
    found = {}
    for line in result.stdout.splitlines():
        entry = json.loads(line)
        found.setdefault(entry["type"], []).append(entry)
    return result.returncode, found


class Nat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(lab.Lab())
        cls.servers = [start_stun_server(cls.net) for _ in range(2)]
        cls.hosts = {kind: cls.net.host(kind) for kind in lab.KINDS}

    def test_every_kind_is_told(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answers = dict(zip(self.hosts, pool.map(lambda host: find_endpoint(host, self.servers), self.hosts.values())))
        print(f"\n{'behind':<22}{'seen as':<30}{'NAT'}")
        for kind, (code, found) in answers.items():
            end = found.get("endpoint", [{"address": "-", "nat": f"no answer, exit code {code}"}])[0]
            print(f"{kind:<22}{end['address']:<30}{end['nat']}")
        for kind, (code, found) in answers.items():
            with self.subTest(kind=kind):
                if EXPECTED[kind] is None:
                    self.assertEqual(code, 14)  # timed_out
                    continue
                self.assertEqual(code, 0, found)
                end = found["endpoint"][0]
                self.assertEqual(end["nat"], EXPECTED[kind])
                host = self.hosts[kind]
                self.assertEqual(end["address"].rsplit(":", 1)[0], host.outside or f"[{host.ipv6}]")

    def test_the_nats_are_what_they_are_called(self):
        for server in self.servers:
            reflector = self.net.start(server, [sys.executable, "-c", REFLECTOR], stdout=-1)
            self.addCleanup(reflector.stdout.close)
            self.assertEqual(reflector.stdout.readline(), b"ready\n")
        one, two = (server.ipv4 for server in self.servers)
        places = [f"{one}:7001", f"{one}:7002", f"{two}:7001", f"{one}:7001"]
        # How many different ports, and which places see the same one.
        shape = {"open": [0, 0, 0, 0], "endpoint-independent": [0, 0, 0, 0], "address-dependent": [0, 0, 2, 0], "symmetric": [0, 1, 2, 0]}
        for kind, expected in shape.items():
            with self.subTest(kind=kind):
                result = self.hosts[kind].run([sys.executable, "-c", ASK, *places], timeout=WAIT)
                self.assertEqual(result.returncode, 0, result.stderr)
                _, *ports = map(int, result.stdout.split())
                self.assertEqual([ports.index(port) for port in ports], expected, ports)

    def test_nothing_comes_in_that_did_not_go_out(self):
        # A host behind a NAT cannot be reached at its address outside.
        sender = self.hosts["open"]
        target = self.hosts["endpoint-independent"]
        listener = self.net.start(target, [sys.executable, "-c", "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
                                           "s.bind(('', 7000)); s.settimeout(1); print('ready', flush=True);"
                                           "print(s.recv(9), flush=True)"], stdout=-1, stderr=-3)
        self.addCleanup(listener.stdout.close)
        self.assertEqual(listener.stdout.readline(), b"ready\n")
        sender.run([sys.executable, "-c", f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('{target.outside}', 7000))"])
        self.assertEqual(listener.stdout.read(), b"")


unittest.main()
