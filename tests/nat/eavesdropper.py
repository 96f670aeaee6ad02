"""Somebody on the wire of a host in the lab, who sees what passes and sends it again."""

import contextlib
import os
import random
import socket
import struct
import threading


class Eavesdropper:
    """Sees each frame on its way to a public host, and sends it again, whole and changed, from its honest sender's address."""

    COPIES, CHANGES, AT_MOST = 5, 3, 4000

    def __init__(self, host):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((f"b{host.name[1:]}", 0))
        self.socket.settimeout(0.1)
        self.sent, self.ended = 0, False
        self.own = set()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.ended:
            with contextlib.suppress(TimeoutError):
                frame, (*_, kind, _, _) = self.socket.recvfrom(65536)
                if kind == socket.PACKET_OUTGOING and frame not in self.own and self.sent < self.AT_MOST:
                    self._forge(frame)

    def _forge(self, frame):
        ether = int.from_bytes(frame[12:14], "big")
        at = {0x0800: 34, 0x86dd: 54}.get(ether)
        if at is None or frame[{34: 23, 54: 20}[at]] != socket.IPPROTO_UDP:
            return
        payload = frame[at + 8:]
        changed = [bytes(b ^ (255 if random.random() < 0.1 else 0) for b in payload) for _ in range(self.CHANGES)]
        for content in [payload] * self.COPIES + changed + [os.urandom(len(payload))]:
            forged = self._with_checksum(frame, at, content)
            self.own.add(forged)
            with contextlib.suppress(OSError):
                self.socket.send(forged)
                self.sent += 1

    @staticmethod
    def _with_checksum(frame, at, content):
        # Frames between namespaces have none yet (RFC 768, RFC 8200 section 8.1).
        addresses = frame[26:34] if at == 34 else frame[22:54]
        udp = frame[at:at + 6] + b"\0\0" + content
        words = addresses + struct.pack("!II", len(udp), socket.IPPROTO_UDP) + udp + bytes(len(udp) % 2)
        total = sum(struct.unpack(f"!{len(words) // 2}H", words))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return frame[:at + 6] + struct.pack("!H", ~total & 0xffff or 0xffff) + content

    def end(self):
        self.ended = True
        self.thread.join()
        self.socket.close()
