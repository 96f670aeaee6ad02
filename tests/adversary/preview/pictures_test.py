#!/usr/bin/env python3
"""THREATS 14: what hostile pictures cost the program that makes previews: bounded memory and time, and nothing else.

    pictures_test.py PROGRAM
"""

import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

PROGRAM = sys.argv.pop(1)
# AddressSanitizer's shadow is not the program's memory.
SANITIZED = b"__asan_init" in pathlib.Path(PROGRAM).read_bytes()
MEMORY = 320 << 20
SECONDS = 20
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width, height, depth=8, colour=0, interlaced=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def zeros(size):
    """`size` zero bytes, compressed, without holding them."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(min(1 << 20, size - at))) for at in range(0, size, 1 << 20)]
    return b"".join(parts) + packer.flush()


def png(width, height, *more, data=None, **kind):
    pixels = zeros(height * (width + 1)) if data is None else data
    return SIGNATURE + header(width, height, **kind) + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def preview_of(data):
    result = subprocess.run([PROGRAM], input=data, capture_output=True, timeout=60)
    return result.stdout if result.returncode == 0 else None


def with_size(jpeg, width, height):
    """The same JPEG, which says that it is of another size."""
    at = jpeg.index(b"\xff\xc0")
    return jpeg[:at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9:]


class Pictures(unittest.TestCase):
    def run_with(self, data):
        """Its exit code (negative: the signal that ended it) and what it printed; never beyond its limits."""
        with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as out:
            file.write(data)
            file.seek(0)
            begun = time.monotonic()
            process = subprocess.Popen([PROGRAM], stdin=file, stdout=out, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertLess(time.monotonic() - begun, SECONDS)
            self.assertLess(usage.ru_utime + usage.ru_stime, 6)
            if not SANITIZED:
                self.assertLess(usage.ru_maxrss * 1024, MEMORY)
            out.seek(0)
            return process.returncode, out.read()

    def refused(self, data):
        code, printed = self.run_with(data)
        self.assertNotEqual(code, 0)
        self.assertEqual(printed, b"")

    def test_sizes_beyond_the_limits_are_refused_unread(self):
        for width, height in ((0, 1), (30_001, 1), (100_000, 100_000), (2**31 - 1, 2**31 - 1), (6_500, 6_500)):
            self.refused(png(width, height, data=zlib.compress(b"")))
        self.refused(png(6_500, 6_500))
        jpeg = preview_of(png(300, 200))
        for width, height in ((65_535, 65_535), (65_500, 40), (0, 0)):
            self.refused(with_size(jpeg, width, height))

    def test_the_largest_that_is_taken_stays_within_memory(self):
        for interlaced in (0, 1):
            code, _ = self.run_with(png(6_400, 6_400, interlaced=interlaced))
            self.assertIn(code, (0, 1, -9, -24), "done, or at the limit of its time")
        self.run_with(with_size(preview_of(png(300, 200)), 6_400, 6_400))

    def test_compressed_descriptions_are_not_unpacked(self):
        bomb = zeros(256 << 20)
        for kind, data in ((b"zTXt", b"Comment\0\0" + bomb), (b"iCCP", b"profile\0\0" + bomb),
                           (b"iTXt", b"Comment\0\1\0\0\0" + bomb)):
            code, printed = self.run_with(png(30, 20, chunk(kind, data)))
            self.assertIn(code, (0, 1))
            self.assertLessEqual(len(printed), 16 << 10)

    def test_many_pieces_cost_little(self):
        many = [chunk(b"tEXt", b"k\0v")] * 100_000
        self.run_with(png(30, 20, *many))
        self.run_with(SIGNATURE + header(30, 20) + chunk(b"IDAT", b"") * 500_000 + chunk(b"IEND", b""))
        self.run_with(png(30, 20, data=zeros(64 << 20)))

    def test_a_picture_in_a_picture_is_not_looked_for(self):
        inner = png(6_400, 6_400)
        for _ in range(5):
            inner = png(30, 20, chunk(b"prVt", inner))
        code, _ = self.run_with(inner)
        self.assertEqual(code, 0)

    def test_what_is_no_picture_is_refused(self):
        jpeg = preview_of(png(300, 200))
        for data in (b"", b"x", SIGNATURE, SIGNATURE + os.urandom(5_000), b"\xff\xd8\xff" + os.urandom(5_000),
                     b"\xff\xd8\xff" * 100_000, jpeg[:20], bytes(33 << 20), jpeg + bytes(32 << 20)):
            self.refused(data)

    def test_it_is_confined_before_it_reads(self):
        process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        status = pathlib.Path(f"/proc/{process.pid}/status")
        end = time.monotonic() + SECONDS
        while "Seccomp:\t2" not in status.read_text() and time.monotonic() < end:
            time.sleep(0.005)
        said = status.read_text()
        self.assertIn("Seccomp:\t2", said)
        self.assertIn("NoNewPrivs:\t1", said)
        limits = {line[:26].strip(): line[26:].split()[0]
                  for line in pathlib.Path(f"/proc/{process.pid}/limits").read_text().splitlines()[1:]}
        self.assertEqual((limits["Max open files"], limits["Max core file size"], limits["Max file size"]), ("3", "0", "16384"))
        self.assertLessEqual(int(limits["Max cpu time"]), 4)
        if not SANITIZED:
            self.assertLessEqual(int(limits["Max address space"]), 512 << 20)
        printed, _ = process.communicate(png(300, 200), timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertTrue(printed.startswith(b"\xff\xd8\xff"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
