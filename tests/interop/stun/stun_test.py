#!/usr/bin/env python3
"""The STUN service of pqc-chat-server, asked by others' clients: coturn's turnutils_stunclient and libnice.

    stun_test.py FOLDER_OF_PROGRAMS [unittest arguments]
"""

import ctypes
import ctypes.util
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

PROGRAM = pathlib.Path(sys.argv.pop(1)) / "pqc-chat-server"
WAIT = 30
STUNCLIENT = shutil.which("turnutils_stunclient")


class Sockaddr4(ctypes.Structure):
    """struct sockaddr_in, within the size of a sockaddr_storage."""
    _fields_ = [("family", ctypes.c_ushort), ("port", ctypes.c_ushort), ("address", ctypes.c_ubyte * 4),
                ("rest", ctypes.c_ubyte * 120)]


def libnice():
    try:
        return ctypes.CDLL("libnice.so.10")
    except OSError:
        return None


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        read_end, write_end = os.pipe()
        cls.process = subprocess.Popen(
            [str(PROGRAM), "run", "--data", cls.folder.name + "/data", "--listen", "127.0.0.1:0", "--name", "test.example",
             "--stun", "0", "--metrics", "0", "--ready-fd", str(write_end)],
            pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.process.wait, WAIT)
        cls.addClassCleanup(cls.process.terminate)
        os.close(write_end)
        with os.fdopen(read_end) as ready:
            cls.listening = dict(line.split("=", 1) for line in ready.read().splitlines())
        cls.host, port = cls.listening["stun"].rsplit(":", 1)
        cls.port = int(port)

    def counter(self, name):
        with urllib.request.urlopen(f"http://{self.listening['metrics']}/metrics", timeout=WAIT) as answer:
            return float(re.search(rf"^pqc_chat_stun_{name}_total (\S+)$", answer.read().decode(), re.M)[1])

    @unittest.skipUnless(STUNCLIENT, "turnutils_stunclient (Debian package coturn) is not here")
    def test_coturn(self):
        before = self.counter("answers")
        result = subprocess.run([STUNCLIENT, "-p", str(self.port), "-L", "127.0.0.1", self.host], capture_output=True,
                                text=True, timeout=WAIT, check=False)
        self.assertRegex(result.stdout, r"UDP reflexive addr: 127\.0\.0\.1:\d+", result.stdout + result.stderr)
        self.assertEqual(self.counter("answers"), before + 1)

    @unittest.skipUnless(libnice(), "libnice is not here")
    def test_libnice(self):
        # What its program stunbdc calls: one binding by UDP, with retransmission and a check of the answer.
        server = Sockaddr4(family=socket.AF_INET, port=socket.htons(self.port),
                           address=(ctypes.c_ubyte * 4)(*socket.inet_aton(self.host)))
        mapped = Sockaddr4()
        size = ctypes.c_int(ctypes.sizeof(mapped))
        code = libnice().stun_usage_bind_run(ctypes.byref(server), ctypes.c_uint(16), ctypes.byref(mapped), ctypes.byref(size))
        self.assertEqual(code, 0)  # STUN_USAGE_BIND_RETURN_SUCCESS
        self.assertEqual((mapped.family, bytes(mapped.address)), (socket.AF_INET, socket.inet_aton("127.0.0.1")))
        self.assertNotEqual(mapped.port, 0)


unittest.main()
