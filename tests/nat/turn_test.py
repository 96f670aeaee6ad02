#!/usr/bin/env python3
"""A real coturn with the configuration that we ship: whom it lets in, and which peers it denies (THREATS 20).

    turn_test.py ROOT_OF_THE_TREE [unittest arguments]

The client speaks TURN itself (RFC 8656), with credentials made as docs/spec/turn.md says.
"""

import pathlib
import re
import subprocess
import sys
import unittest

import coturn
import lab
from coturn import WAIT, credentials

lab.enter()
ROOT = pathlib.Path(sys.argv.pop(1)).resolve()

# Denied: loopback, private, shared, link-local with the metadata service of clouds, multicast, broadcast, this network.
DENIED = ["127.0.0.1", "127.255.255.254", "10.0.0.2", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254",
          "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "255.255.255.255", "198.18.0.1", "192.0.0.8"]
DENIED_V6 = ["::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.2", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "fe80::1",
             "fc00::1", "fd12:3456::1", "ff02::1", "2002:7f00:1::", "2001:0:7f00:1::"]
# Its neighbours and its borders are let through.
ALLOWED = ["203.0.113.9", "172.15.255.255", "172.32.0.1", "192.167.255.255", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1",
           "223.255.255.255"]
ALLOWED_V6 = ["2001:db8:1::9", "2003::1", "2001:1::1"]

# Reads lines: "allocate USER PASSWORD FAMILY", "permit ADDRESS" or "bind ADDRESS" (a channel, RFC 8656 section 12); prints "ok" or the code of the error.
CLIENT = r"""
import hashlib, hmac, ipaddress, os, socket, struct, sys
server = (sys.argv[1], 3478)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
realm = nonce = None
channel = 0x4000

def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)

def ask(kind, attributes):
    global realm, nonce
    for _ in range(2):
        ident = os.urandom(12)
        body = attributes(ident)
        if nonce is not None:
            body += attribute(6, user.encode()) + attribute(0x14, realm) + attribute(0x15, nonce)
            key = hashlib.md5(user.encode() + b":" + realm + b":" + password.encode()).digest()
            head = struct.pack("!HHI", kind, len(body) + 24, 0x2112A442) + ident
            body += attribute(8, hmac.new(key, head + body, hashlib.sha1).digest())
        s.sendto(struct.pack("!HHI", kind, len(body), 0x2112A442) + ident + body, server)
        while True:
            answer = s.recv(2048)
            if answer[8:20] == ident: break
        if struct.unpack("!H", answer[:2])[0] == kind | 0x100: return "ok"
        code, at = None, 20
        while at < len(answer):
            what, size = struct.unpack("!HH", answer[at:at + 4])
            value = answer[at + 4:at + 4 + size]
            if what == 9: code = value[2] * 100 + value[3]
            if what == 0x14: realm = value
            if what == 0x15: fresh = value
            at += 4 + size + -size % 4
        # Once more with what the server wants to see; a second 401 is its answer to the password.
        if code == 438 or code == 401 and nonce is None: nonce = fresh
        else: break
    return str(code)

def peer(address):
    def masked(ident):
        hidden = bytes(a ^ b for a, b in zip(address.packed, struct.pack("!I", 0x2112A442) + ident))
        return attribute(0x12, struct.pack("!BBH", 0, 1 if address.version == 4 else 2, 7000 ^ 0x2112) + hidden)
    return masked

for line in sys.stdin:
    words = line.split()
    if words[0] == "allocate":
        user, password, family = words[1:]
        nonce = None
        wanted = attribute(0x19, b"\x11\0\0\0") + (attribute(0x17, b"\2\0\0\0") if family == "6" else b"")
        print(ask(3, lambda _: wanted), flush=True)
    elif words[0] == "permit":
        print(ask(8, peer(ipaddress.ip_address(words[1]))), flush=True)
    else:
        channel += 1
        number = attribute(0xC, struct.pack("!HH", channel, 0))
        print(ask(9, lambda ident: number + peer(ipaddress.ip_address(words[1]))(ident)), flush=True)
"""


class Client:
    def __init__(self, host, server):
        self.process = host.start([sys.executable, "-c", CLIENT, server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.wait(WAIT)
        self.process.stdout.close()


@unittest.skipUnless(coturn.TURNSERVER, "coturn is not here: tools/setup installs it")
class Turn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(lab.Lab())
        cls.relay, cls.log = coturn.start(cls.net, ROOT)
        cls.host = cls.net.host("symmetric")

    def client(self):
        client = Client(self.host, self.relay.ipv4)
        self.addCleanup(client.end)
        return client

    def test_the_configuration_holds_no_word_that_coturn_does_not_know(self):
        log = self.log.read_text()
        self.assertNotRegex(log, "(?i)bad configuration|unknown|not.?recognized|cannot parse", log)

    def test_credentials_open_it_as_long_as_they_hold(self):
        self.assertEqual(self.client()("allocate", *credentials(), "4"), "ok")
        self.assertEqual(self.client()("allocate", *credentials(lifetime=-10), "4"), "401")
        self.assertEqual(self.client()("allocate", *credentials(secret="another secret of the test"), "4"), "401")
        user, password = credentials()
        self.assertEqual(self.client()("allocate", user.replace(":0", ":1"), password, "4"), "401")

    def test_peers_inside_are_denied(self):
        for family, denied, allowed in (("4", [*DENIED, self.relay.ipv4], ALLOWED), ("6", DENIED_V6, ALLOWED_V6)):
            client = self.client()
            self.assertEqual(client("allocate", *credentials(), family), "ok")
            for address in denied:
                with self.subTest(denied=address):
                    self.assertEqual(client("permit", address), "403")
                    self.assertEqual(client("bind", address), "403")
            for address in allowed:
                with self.subTest(allowed=address):
                    self.assertEqual(client("permit", address), "ok")
                    self.assertEqual(client("bind", address), "ok")

    def test_an_account_has_its_share_and_no_more(self):
        share = int(re.search(r"^user-quota=(\d+)$", (ROOT / "packaging/coturn/turnserver.conf").read_text(), re.M)[1])
        access = credentials(who="fedcba9876543210")
        self.assertEqual([self.client()("allocate", *access, "4") for _ in range(share + 1)], ["ok"] * share + ["486"])
        # Also with a name of a later hour; another account is not concerned.
        self.assertEqual(self.client()("allocate", *credentials(lifetime=7200, who="fedcba9876543210"), "4"), "486")
        self.assertEqual(self.client()("allocate", *credentials(who="0011223344556677"), "4"), "ok")


unittest.main()
