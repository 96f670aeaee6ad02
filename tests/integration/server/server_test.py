#!/usr/bin/env python3
"""The server program over real sockets: TLS policy, HTTP, JSON frames, the commands beside it, bad luck, a clean stop.

    server_test.py FOLDER_OF_PROGRAMS [unittest arguments]
"""

import base64
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)) / "pqc-chat-server"
WAIT = 30


def command(*arguments):
    return subprocess.run([str(PROGRAM), *map(str, arguments)], capture_output=True, text=True, timeout=WAIT, check=False)


class Server:
    """One server process; `listening` is what it wrote to its ready descriptor. What it logs goes to a file: a pipe that
    nobody reads would hold it up once it is full."""

    def __init__(self, data, *arguments):
        read_end, write_end = os.pipe()
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [str(PROGRAM), "run", "--data", str(data), "--listen", "127.0.0.1:0", "--name", "test.example", "--metrics", "0",
             "--ready-fd", str(write_end), *arguments],
            pass_fds=[write_end], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log)
        os.close(write_end)
        with os.fdopen(read_end) as ready:
            self.listening = dict(line.split("=", 1) for line in ready.read().splitlines())

    @property
    def address(self):
        host, port = self.listening["address"].rsplit(":", 1)
        return host, int(port)

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def end(self):
        self.process.kill()
        self.process.wait(WAIT)
        self.log.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT), self.logged()


def connect(address):
    """TLS as a tool makes it: no verification, but only what the server takes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(address, timeout=WAIT))


class WebSocket:
    """Just enough of RFC 6455 for small text frames."""

    def __init__(self, address, protocol="pqc-chat.v1.json"):
        self.socket = connect(address)
        self.socket.sendall((f"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                             f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n").encode())
        self.stream = self.socket.makefile("rb")
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            line = self.stream.readline()
            assert line, self.head
            self.head += line

    def send(self, payload, opcode=1):
        mask = os.urandom(4)
        body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        size = bytes([0x80 | len(body)]) if len(body) < 126 else bytes([0xFE]) + struct.pack(">H", len(body))
        self.socket.sendall(bytes([0x80 | opcode]) + size + mask + body)

    def read(self):
        head = self.stream.read(2)
        assert len(head) == 2, "the server closed the connection"
        first, size = head
        if size == 126:
            size, = struct.unpack(">H", self.stream.read(2))
        return first & 15, self.stream.read(size)

    def ask(self, **frame):
        self.send(json.dumps(frame).encode())
        opcode, payload = self.read()
        assert opcode == 1, (opcode, payload)
        return json.loads(payload)

    def close(self):
        self.stream.close()
        self.socket.close()


class ServerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.data = self.root / "data"

    def start(self, *arguments, data=None):
        server = Server(data or self.data, *arguments)
        self.addCleanup(server.end)
        self.assertIn("address", server.listening, "it did not start: " + server.logged())
        return server

    def handshake(self, server, *arguments):
        host, port = server.address
        return subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", *arguments], input="", text=True,
                              capture_output=True, timeout=WAIT, check=False).stdout

    def websocket(self, server, **how):
        websocket = WebSocket(server.address, **how)
        self.addCleanup(websocket.close)
        return websocket

    def test_only_hybrid_groups_and_tls_1_3(self):
        server = self.start()
        for group in "X25519MLKEM768", "SecP384r1MLKEM1024":
            self.assertIn(f"Negotiated TLS1.3 group: {group}", self.handshake(server, "-groups", group))
        for refused in ("-groups", "X25519"), ("-groups", "P-256"), ("-groups", "MLKEM768"), ("-tls1_2",), ("-ciphersuites", "TLS_AES_128_GCM_SHA256"):
            self.assertIn("Cipher is (NONE)", self.handshake(server, *refused), refused)

    def test_two_certificates(self):
        server = self.start()
        self.assertIn("Peer signature type: mldsa65", self.handshake(server, "-sigalgs", "mldsa65"))
        self.assertIn("Peer signature type: ecdsa", self.handshake(server, "-sigalgs", "ecdsa_secp256r1_sha256"))

    def test_classical_tls_is_a_decision_of_the_owner(self):
        config = self.root / "server.conf"
        config.write_text("[tls]\nallow_classical_tls = true\n")
        server = self.start("--config", str(config))
        self.assertIn("TLSv1.3", self.handshake(server, "-groups", "X25519"))

    def http(self, server, request):
        with connect(server.address) as tls:
            tls.sendall(request)
            return tls.makefile("rb").read()

    def test_http(self):
        server = self.start()
        self.assertRegex(self.http(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), rb"^HTTP/1.1 200 (?s:.*)ok\n$")
        for target in b"/", b"/metrics", b"/v1/ws", b"/healthz/../x":
            answer = self.http(server, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(answer.startswith(b"HTTP/1.1 404"), answer)
        self.assertTrue(self.http(server, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400"))
        host, port = server.listening["metrics"].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=WAIT) as plain:
            plain.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b"pqc_chat_tls_handshakes_total", plain.makefile("rb").read())

    def test_json_frames(self):
        websocket = self.websocket(self.start())
        self.assertIn(b"Sec-WebSocket-Protocol: pqc-chat.v1.json", websocket.head)
        opcode, payload = websocket.read()
        hello = json.loads(payload)["hello"]
        self.assertEqual((opcode, hello["protocol"], hello["server_name"]), (1, 1, "test.example"))
        self.assertEqual(len(base64.b64decode(hello["challenge"])), 32)
        answer = websocket.ask(request_id="7", ping={})
        self.assertEqual(answer["request_id"], "7")
        self.assertIn("pong", answer)
        for question in ({"whoami": {}}, {"fetch_account": {"account": "alice@test.example"}}, {"login": {"account": "a@test.example", "device": 1, "suite": 3}}):
            answer = websocket.ask(request_id="8", **question)
            self.assertEqual(answer["error"]["code"], "ERROR_REFUSED", question)

    def test_binary_is_the_default_and_the_answer_follows_the_question(self):
        websocket = self.websocket(self.start(), protocol="chat")
        self.assertEqual(websocket.read()[0], 2)
        self.assertIn("pong", websocket.ask(request_id=1, ping={}))

    def test_what_is_no_frame_ends_the_connection(self):
        server = self.start()
        for payload in b"{", b'{"no_such_field":1}', b"[]":
            websocket = self.websocket(server)
            websocket.read()
            websocket.send(payload)
            self.assertEqual(json.loads(websocket.read()[1])["error"]["code"], "ERROR_MALFORMED")
            opcode, closing = websocket.read()
            self.assertEqual((opcode, closing[:2]), (8, struct.pack(">H", 1008)))

    def test_no_library_writes_into_the_log(self):
        # A name that is no UTF-8, of which libprotobuf would write a line of its own, however often it comes.
        server = self.start()
        websocket = self.websocket(server, protocol="chat")
        websocket.read()
        websocket.send(b"\x12\x03\x0a\x01\xff", opcode=2)
        self.assertEqual(websocket.read()[0], 2)
        opcode, closing = websocket.read()
        self.assertEqual(opcode, 8)
        websocket.send(closing[:2], opcode=8)
        self.assertNotIn("protobuf", server.stop()[1])

    def test_an_error_that_answers_no_request_ends_the_connection(self):
        server = self.start()
        for question, code in ({"whoami": {}}, "ERROR_REFUSED"), ({"acknowledge": {"cursor": "1"}}, "ERROR_REFUSED"), ({}, "ERROR_MALFORMED"):
            websocket = self.websocket(server)
            websocket.read()
            websocket.send(json.dumps(question).encode())
            self.assertEqual(json.loads(websocket.read()[1])["error"]["code"], code, question)
            opcode, closing = websocket.read()
            self.assertEqual((opcode, closing[:2]), (8, struct.pack(">H", 1008)), question)

    def test_a_clean_stop_says_goodbye(self):
        server = self.start()
        websocket = self.websocket(server)
        websocket.read()
        server.process.send_signal(signal.SIGTERM)
        opcode, closing = websocket.read()
        self.assertEqual((opcode, closing[:2]), (8, struct.pack(">H", 1001)))
        websocket.send(closing[:2], opcode=8)
        server.process.wait(timeout=WAIT)
        self.assertEqual(server.process.returncode, 0)
        self.assertFalse((self.data / "listening").exists())

    def test_the_key_stays_over_a_restart_and_a_restored_backup(self):
        first = self.start()
        backup = self.root / "backup.db"
        self.assertEqual(command("backup", backup, "--data", self.data).returncode, 0)
        self.assertEqual(backup.stat().st_mode & 0o777, 0o600)
        self.assertEqual(command("backup", backup, "--data", self.data).returncode, 2)
        self.assertEqual(first.stop()[0], 0)
        again = self.start()
        self.assertEqual(again.listening["fingerprint"], first.listening["fingerprint"])
        self.assertEqual(command("fingerprint", "--data", self.data).stdout.strip(), first.listening["fingerprint"])
        restored = self.root / "restored"
        restored.mkdir(mode=0o700)
        backup.rename(restored / "pqc-chat.db")
        self.assertEqual(self.start(data=restored).listening["fingerprint"], first.listening["fingerprint"])

    def test_a_backup_for_which_there_is_no_room_leaves_nothing(self):
        def little_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 10, 16 << 10))

        self.start()
        backup = self.root / "backup.db"
        result = subprocess.run([str(PROGRAM), "backup", str(backup), "--data", str(self.data)], preexec_fn=little_room,
                                capture_output=True, timeout=WAIT, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual(list(self.root.glob("backup*")), [])

    def test_refusals_do_not_flood_the_log(self):
        server = self.start()
        begun = time.monotonic()
        websocket = self.websocket(server)
        websocket.read()
        for number in range(500):
            websocket.send(json.dumps({"request_id": str(number + 1), "whoami": {}}).encode())
        for _ in range(500):
            websocket.read()
        lines = [line for line in server.stop()[1].splitlines() if "refused" in line]
        self.assertGreater(len(lines), 10)
        # 50 at once and 5 a second (src/server/limits.h): a machine that is busy with other things takes some.
        self.assertLess(len(lines), 60 + 5 * (time.monotonic() - begun))

    def test_the_data_folder_is_for_its_owner(self):
        folder = self.root / "new" / "data"
        self.addCleanup(os.umask, os.umask(0o022))
        for name in f"{folder}/", f"{folder}/.":
            self.start(data=name).stop()
            self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
            self.assertNotEqual(folder.parent.stat().st_mode & 0o777, 0o700)
            shutil.rmtree(folder)

    def test_status_and_invite(self):
        server = self.start()
        self.assertEqual(len(command("invite", "--data", self.data).stdout.strip()), 22)
        status = json.loads(command("status", "--json", "--data", self.data).stdout)
        self.assertEqual((status["running"], status["invites"], status["address"]), (True, 1, server.listening["address"]))
        self.assertEqual(self.rows()["running"], "at " + server.listening["address"])
        server.stop()
        self.assertFalse(json.loads(command("status", "--json", "--data", self.data).stdout)["running"])
        rows = self.rows()
        self.assertEqual((rows["running"], rows["invites"], rows["message bytes"], rows["file bytes"]), ("no", "1", "0", "0"))

    def rows(self):
        """What people see, each row with a label of its own and a value."""
        lines = command("status", "--data", self.data).stdout.splitlines()
        rows = [re.fullmatch(r"(\S+(?: \S+)?)  +(\S.*)", line) for line in lines]
        self.assertTrue(all(rows), lines)
        self.assertEqual(len({row[1] for row in rows}), len(rows))
        return {row[1]: row[2] for row in rows}

    def refused(self, code, *arguments):
        listen = () if "--listen" in arguments else ("--listen", "127.0.0.1:0")
        result = command("run", *listen, *arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertRegex(result.stderr, "(?m)^pqc-chat-server: ")
        return result.stderr

    def test_wrong_arguments_are_named(self):
        self.assertIn("'frobnicate'", command("frobnicate").stderr)
        self.assertIn("FILE", command("backup").stderr)
        self.assertIn("see pqc-chat-server backup --help", command("backup").stderr)
        self.assertRegex(command("--version").stdout, r"^\d+\.\d+\.\d+\n$")

    def test_bad_luck_has_an_exit_code_and_a_reason(self):
        server = self.start()
        other = self.root / "other"
        port = server.listening["address"].rsplit(":", 1)[1]
        taken = command("run", "--data", other, "--listen", f"127.0.0.1:{port}")
        self.assertEqual(taken.returncode, 50, taken.stderr)
        self.refused(44, "--data", self.data)
        server.stop()
        self.refused(2, "--data", self.data, "--name", "another.example")
        self.refused(2, "--data", other, "--listen", "nonsense:port")
        self.refused(2, "--data", other, "--listen", "192.0.2.1:8443")
        for unclear in ("8460", "127.0.0.1:", "127.0.0.1:99999"):
            self.assertIn("'" + unclear + "' is not ADDRESS:PORT: write the two as in",
                          self.refused(2, "--data", other, "--listen", unclear))
        self.assertFalse(other.exists())
        for same in f"{other}/", f"{other}/.":
            self.refused(2, "--data", same, "--listen", "192.0.2.1:8443")
            self.assertFalse(other.exists())
        self.assertEqual(sorted(file.name for file in self.root.iterdir()), ["data"])
        other.mkdir()
        self.refused(2, "--data", other, "--listen", "192.0.2.1:8443")
        self.assertTrue((other / "pqc-chat.db").exists())
        self.refused(47, "--data", other, "--config", self.root / "missing.conf")
        self.refused(47, "--data", other, "--config", self.root)
        config = self.root / "server.conf"
        config.write_text("[server]\nno_such_option = 1\n")
        self.refused(2, "--data", other, "--config", config)
        for kind in "ML-DSA-65", "RSA":
            subprocess.run(["openssl", "req", "-x509", "-newkey", kind, "-nodes", "-keyout", str(self.root / "own.key"), "-out",
                            str(self.root / "own.crt"), "-subj", "/CN=test"], check=True, capture_output=True)
            (self.root / "own.key").chmod(0o600)
            config.write_text(f"[tls]\ncertfile = {self.root / 'own.crt'}\nkeyfile = {self.root / 'own.key'}\n")
            self.refused({"ML-DSA-65": 2, "RSA": 40}[kind], "--data", other, "--config", config)
        (self.data / "mldsa.key").chmod(0o644)
        self.refused(43, "--data", self.data)
        (self.data / "mldsa.key").chmod(0o600)
        database = sqlite3.connect(self.data / "pqc-chat.db")
        database.execute("PRAGMA user_version = 99")
        database.close()
        self.refused(42, "--data", self.data)
        (self.data / "pqc-chat.db").write_bytes(b"no database " * 100)
        self.refused(40, "--data", self.data)
        file = self.root / "file"
        file.write_text("")
        self.refused(47, "--data", file / "data")
        self.assertEqual(command("fingerprint", "--data", self.root / "nothing").returncode, 47)


if __name__ == "__main__":
    unittest.main()
