#!/usr/bin/env python3
"""People on one local network find each other by DNS-SD: real `pqc-chat`, a real avahi-daemon on each host.

    nearby_test.py FOLDER_OF_PROGRAMS [unittest arguments]
"""

import contextlib
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import threading
import time
import unittest

import lab

os.environ["PATH"] = lab.environment()["PATH"]
if not shutil.which("avahi-daemon") or not shutil.which("dbus-daemon"):
    print(f"{'*' * 100}\nNOTHING NEARBY WAS TESTED: there is no avahi-daemon or dbus-daemon: tools/setup installs them\n{'*' * 100}")
    sys.exit(lab.NOT_ALLOWED)
lab.enter()
BIN = lab.programs(sys.argv.pop(1))
WAIT = 60
START = 20
UNREACHABLE, UNKNOWN_PEER, USAGE = 10, 20, 2

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/></policy></busconfig>
"""
# What is on the wire is that of avahi-daemon as it comes, but for what needs other users.
AVAHI = "[server]\nhost-name={name}\nuse-ipv4=yes\nuse-ipv6=yes\nallow-interfaces=eth0\n[publish]\npublish-workstation=no\n[rlimits]\n"


class Machine:
    """A host with a D-Bus system bus and avahi-daemon of its own."""

    def __init__(self, net):
        self.net, self.host = net, net.public_host()
        self.folder = net.folder / self.host.name
        self.folder.mkdir()
        (self.folder / "bus.conf").write_text(BUS.format(folder=self.folder))
        (self.folder / "avahi.conf").write_text(AVAHI.format(name=f"machine-{self.host.name}"))
        self.environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={self.folder}/bus")

    def start_avahi(self):
        self.net.start(self.host, ["dbus-daemon", "--nofork", f"--config-file={self.folder}/bus.conf"])
        self.wait_for("the bus", lambda: (self.folder / "bus").exists())
        # The daemon's folder in /run has one name for all, and has to belong to its own user: here nobody but root has a number.
        for kind in ("passwd", "group"):
            (self.folder / kind).write_text("".join(f"{name}:x:0:{'0::/:/bin/false' if kind == 'passwd' else ''}\n" for name in ("root", "avahi")))
        mounts = " && ".join(["mkdir -p /run/avahi-daemon", "mount -t tmpfs tmpfs /run/avahi-daemon",
                              *(f"mount --bind {self.folder}/{kind} /etc/{kind}" for kind in ("passwd", "group"))])
        with open(self.folder / "avahi.log", "wb") as log:
            self.net.start(self.host, ["unshare", "--mount", "sh", "-c", f"{mounts} && exec avahi-daemon --no-drop-root --no-chroot "
                                       f"--no-rlimits -f {self.folder}/avahi.conf"], env=self.environment, stdout=log, stderr=log)
        self.wait_for("avahi-daemon", lambda: b"startup complete" in (self.folder / "avahi.log").read_bytes(), self.log)

    def log(self):
        return (self.folder / "avahi.log").read_text()

    @staticmethod
    def wait_for(what, holds, more=lambda: ""):
        end = time.monotonic() + START
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"{what} does not come: {more()}")
            time.sleep(0.05)

    def command(self, name, *arguments):
        return [BIN / "pqc-chat", "--json", "--profile", self.net.folder / name, *arguments]

    def run(self, name, *arguments):
        done = self.host.run(self.command(name, *arguments), env=self.environment, timeout=WAIT)
        objects = [json.loads(line) for line in (done.stdout + done.stderr).splitlines() if line.startswith("{")]
        return done.returncode, objects

    def chat(self, name, *arguments):
        return Chat(self.net.start(self.host, self.command(name, "p2p", *arguments), env=self.environment, stdin=-1, stdout=-1,
                                   stderr=-1, text=True))


class Chat:
    """A running chat: its objects as they come, lines to its standard input."""

    def __init__(self, process):
        self.process, self.seen, self.arriving = process, [], queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.arriving.put(json.loads(line))
        self.arriving.put(None)

    def of_type(self, kind, **members):
        while True:
            entry = self.arriving.get(timeout=WAIT)
            if entry is None:
                raise AssertionError(f"the chat ended: {self.seen} {self.process.stderr.read()}")
            self.seen.append(entry)
            if entry["type"] == kind and all(entry.get(member) == value for member, value in members.items()):
                return entry

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        return self.process.wait(WAIT)


class NearbyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = lab.Lab().__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        cls.here, cls.there, cls.alone = (Machine(cls.net) for _ in range(3))
        cls.here.start_avahi()
        cls.there.start_avahi()
        for name in ("alice", "bob", "eve"):
            code, answer = cls.here.run(name, "identity", "create", name)
            assert code == 0, answer

    def talk(self, connecting, listening):
        connecting.of_type("p2p_status", peer="bob")
        connecting.say("who is nearby?")
        self.assertEqual(listening.of_type("message", direction="in")["text"], "who is nearby?")
        connecting.of_type("message", status="delivered")

    def leave(self, connecting, listening):
        connecting.say("/quit")
        self.assertEqual((connecting.end(), listening.end()), (0, 0))

    # Nobody is awaited any more, which the network remembers for a second more (RFC 6762 §10.1).
    def silence(self):
        self.there.wait_for("silence", lambda: self.here.run("eve", "p2p", "nearby") == (0, []))

    def test_people_find_each_other_and_know_each_other_again(self):
        listening = self.there.chat("bob", "listen", "--nearby", "--nearby-name", "Bob's laptop")
        self.assertEqual(listening.of_type("nearby_announced")["name"], "Bob's laptop")
        code, found = self.here.run("alice", "p2p", "nearby")
        self.assertEqual((code, [entry["name"] for entry in found]), (0, ["Bob's laptop"]), self.here.log())
        self.assertNotIn("known_as", found[0])
        self.assertTrue(any(address.startswith(self.there.host.ipv4) for address in found[0]["addresses"]), found)
        connecting = self.here.chat("alice", "nearby", "--connect", "Bob's laptop")
        self.talk(connecting, listening)
        self.silence()
        self.leave(connecting, listening)

        # A name that says nothing, and only alice knows whose it is.
        listening = self.there.chat("bob", "listen", "--nearby")
        announced = listening.of_type("nearby_announced")["name"]
        self.assertNotIn("bob", announced)
        known_as = {name: [entry.get("known_as") for entry in self.here.run(name, "p2p", "nearby")[1] if entry["name"] == announced]
                    for name in ("alice", "eve")}
        self.assertEqual(known_as, {"alice": ["bob"], "eve": [None]})
        connecting = self.here.chat("alice", "nearby", "--connect", "bob")
        self.talk(connecting, listening)
        self.leave(connecting, listening)
        self.silence()

        # Somebody else under the name of somebody known is not who is connected to.
        listening = self.there.chat("eve", "listen", "--nearby", "--nearby-name", "bob")
        listening.of_type("nearby_announced")
        self.assertEqual(self.here.run("alice", "p2p", "nearby", "--connect", "bob")[0], UNKNOWN_PEER)
        listening.process.terminate()
        self.assertEqual(listening.process.wait(WAIT), 0)

    def test_without_the_daemon_it_says_what_to_do(self):
        code, errors = self.alone.run("alice", "p2p", "nearby")
        self.assertEqual((code, errors[0]["type"]), (UNREACHABLE, "error"))
        self.assertIn("apt install avahi-daemon", errors[0]["message"])
        code, errors = self.alone.run("alice", "p2p", "listen", "--nearby")
        self.assertEqual(code, UNREACHABLE, errors)

    def test_it_is_for_chats_that_prove_who_is_there(self):
        for arguments in (["listen", "--nearby", "--transport", "tcp"], ["listen", "--nearby", "--encryption", "rsa"],
                          ["connect", "192.0.2.1:9", "--nearby"], ["listen", "--nearby-name", "bob"], ["nearby", "bob"],
                          ["listen", "--connect", "bob"]):
            self.assertEqual(self.alone.run("alice", "p2p", *arguments)[0], USAGE, arguments)


if __name__ == "__main__":
    unittest.main()
