#!/usr/bin/env python3
"""The bad cable between two hosts: datagrams through it come as late and as seldom as they should, everything else as ever.

    cable_test.py FOLDER_OF_PROGRAMS [unittest arguments]
"""

import statistics
import sys
import time
import unittest

import cable
import lab

lab.enter()
BIN = lab.programs(sys.argv.pop(1))
PORT = 7000
# Datagrams that are sent back as they come, over both families at once.
ECHO = f"""
import socket
s = socket.create_server(("::", {PORT}), family=socket.AF_INET6, dualstack_ipv6=True)
u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
u.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
u.bind(("::", {PORT}))
print("ready", flush=True)
while True:
    data, source = u.recvfrom(2000)
    if data == b"over":
        break
    u.sendto(data, source)
taken, size = s.accept()[0], 0
while chunk := taken.recv(1 << 16):
    size += len(chunk)
print(size, flush=True)
"""
# As many as named, one every 5 ms; prints the round trips in ms of those that came back, in the order of arrival.
ASK = """
import select, socket, sys, time
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
u = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
u.connect((host, port))
sent, begin, came = [], time.monotonic(), []
while len(came) < count and time.monotonic() < begin + count * 0.005 + 1.5:
    if len(sent) < count and time.monotonic() >= begin + len(sent) * 0.005:
        sent.append(time.monotonic())
        u.send(len(sent).to_bytes(4, "big") + bytes(96))
    if select.select([u], [], [], 0.002)[0]:
        number = int.from_bytes(u.recv(2000)[:4], "big")
        came.append((number, 1000 * (time.monotonic() - sent[number - 1])))
print(came)
"""
# 20 MB over TCP, which the kernel hands over in pieces of up to 64 KiB.
PUSH = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2]))).sendall(bytes(20_000_000))"


class CableTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = lab.Lab().__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        cls.near = cls.net.public_host()
        cls.cable = cable.Cable(cls.net, BIN / "bad_cable")
        cls.far = cls.cable.host

    def ask(self, host, count=100):
        said = self.near.run([sys.executable, "-c", ASK, host, PORT, count], timeout=30)
        self.assertEqual(said.returncode, 0, said.stderr)
        return eval(said.stdout)

    def test_what_passes_and_what_does_not(self):
        echo = self.net.start(self.far, [sys.executable, "-c", ECHO], stdout=-1, text=True)
        self.assertEqual(echo.stdout.readline(), "ready\n")

        for host in (self.far.ipv4, self.far.ipv6):
            plain = self.ask(host)
            self.assertEqual(len(plain), 100)
            self.assertLess(statistics.median(trip for _, trip in plain), 20)

        self.cable.set("both", delay=30)
        late = [trip for _, trip in self.ask(self.far.ipv4)]
        self.assertEqual(len(late), 100)
        self.assertTrue(60 <= min(late) and statistics.median(late) < 85, statistics.median(late))

        self.cable.set("back")
        self.cable.set("there", loss=20)
        self.assertTrue(62 <= len(self.ask(self.far.ipv6)) <= 95)

        self.cable.set("there", delay=20, jitter=20)
        mixed = [number for number, _ in self.ask(self.far.ipv4)]
        self.assertEqual((len(mixed), sorted(mixed) == mixed), (100, False))

        # 128 bytes of IP every 5 ms are 205 kbit/s; 100 pass, and what passes has waited 50 ms.
        before = self.cable.counts()["there"]
        self.cable.set("there", rate=100, queue=50)
        narrow = self.ask(self.far.ipv4)
        after = self.cable.counts()["there"]
        self.assertTrue(48 <= len(narrow) <= 62, len(narrow))
        self.assertTrue(40 < statistics.median(trip for _, trip in narrow) < 90)
        self.assertEqual(after["dropped"] - before["dropped"], 100 - len(narrow))

        # What is no UDP does not notice.
        self.near.run([sys.executable, "-c", f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'over', ('{self.far.ipv4}', {PORT}))"])
        began = time.monotonic()
        self.assertEqual(self.near.run([sys.executable, "-c", PUSH, self.far.ipv4, PORT], timeout=30).returncode, 0)
        self.assertEqual(echo.stdout.readline(), "20000000\n")
        self.assertLess(time.monotonic() - began, 10)


if __name__ == "__main__":
    unittest.main()
