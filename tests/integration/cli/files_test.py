"""Files: sent, listed, saved; gone on with after every kind of sudden end; refused where they are not what was sent; and
never in memory as a whole."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import zlib

import programs
from programs import Case, kill, wait_until

MIB = 1 << 20
SEALED_CHUNK = 65536 + 28

# AddressSanitizer keeps what was freed, up to 256 MiB of it: with less, memory can be measured in its builds too.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=4")))


def write_file(path, size, seed=1):
    """`size` bytes that do not repeat, made quickly."""
    block = hashlib.shake_128(bytes([seed])).digest(MIB)
    with open(path, "wb") as out:
        for number in range(0, size, MIB):
            part = bytearray(block[:min(MIB, size - number)])
            part[:8] = number.to_bytes(8, "big")[:len(part)]
            out.write(part)
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png(path, width, height):
    """Three bytes a pixel, which change from left to right and from top to bottom."""
    rows = b"".join(b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 128)) for x in range(width)) for y in range(height))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def blobs(server):
    found = []
    for path in (server.folder / "blobs").iterdir():
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile
            found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found)]


def grown_to(path, size):
    """A condition: there is a file of at least this size; `path` is called for it."""
    def condition():
        found = path()
        return found is not None and found.exists() and found.stat().st_size >= size
    return condition


class Files(Case):
    def setUp(self):
        self.place = self.folder / self.id().rsplit(".", 1)[1]
        self.place.mkdir()

    def two(self, server=None):
        return self.person("alice", server=server), self.person("bob", server=server)

    def send(self, sender, recipient, path):
        return self.expect(sender("send", recipient.name, "--file", path), 0).messages[0]

    def receive_file(self, person):
        message = self.expect(person("receive", "--wait", 20), 0).messages[0]
        self.assertEqual(message["kind"], "file")
        return message

    def saved(self, person, message, path):
        answer = self.expect(person("save", message["id"], path), 0)
        return answer.of_type("saved")[0], [entry["done"] for entry in answer.of_type("progress")]

    def test_files_of_all_sizes_arrive_as_they_were(self):
        alice, bob = self.two()
        for size in (0, 1, 65535, 65536, 65537, 3 * MIB + 5):
            path = write_file(self.place / f"größe {size}.pdf", size)
            sent = self.send(alice, bob, path)
            self.assertEqual((sent["kind"], sent["text"], sent["size"], sent["media_type"], sent["status"]),
                             ("file", path.name, size, "application/pdf", "sent"))
            got = self.receive_file(bob)
            self.assertEqual((got["id"], got["text"], got["size"]), (sent["id"], path.name, size))
            saved, _ = self.saved(bob, got, self.place / f"copy {size}")
            self.assertEqual(pathlib.Path(saved["path"]), self.place / f"copy {size}")
            self.assertEqual(digest(saved["path"]), digest(path))
            self.assertEqual(os.stat(saved["path"]).st_mode & 0o777, 0o600)
        self.assertEqual(list(self.place.glob("*.part")), [])
        self.assertEqual([m["text"] for m in self.expect(bob("files", alice.name), 0).messages],
                         [f"größe {size}.pdf" for size in (0, 1, 65535, 65536, 65537, 3 * MIB + 5)])
        self.assertEqual(len(self.expect(alice("files", "--limit", 2), 0).messages), 2)
        self.assertEqual(self.expect(bob("search", "größe"), 0).messages[0]["kind"], "file")

    def test_the_server_learns_neither_name_nor_content_nor_size(self):
        alice, bob = self.two()
        path = self.place / "planted-name-of-a-file.txt"
        path.write_bytes(b"planted content of a file\n" * 4000)
        self.send(alice, bob, path)
        for file in self.server.folder.rglob("*"):
            if file.is_file():
                stored = file.read_bytes()
                self.assertNotIn(b"planted-name-of-a-file", stored)
                self.assertNotIn(b"planted content of a file", stored)
        other = write_file(self.place / "other", path.stat().st_size + 400)
        self.send(alice, bob, other)
        self.assertEqual(*(blob.stat().st_size for blob in blobs(self.server)[-2:]))

    def test_nothing_that_is_there_is_replaced(self):
        alice, bob = self.two()
        self.send(alice, bob, write_file(self.place / "-rf .txt", 10))
        message = self.receive_file(bob)
        taken = self.place / "taken"
        taken.write_text("mine")
        self.expect(bob("save", message["id"], taken), 2, "usage")
        self.assertEqual(taken.read_text(), "mine")
        link = self.place / "link"
        link.symlink_to(self.place / "elsewhere")
        self.expect(bob("save", message["id"], link), 2, "usage")
        self.expect(bob("save", message["id"], self.place / "no" / "folder"), 47, "missing")
        into = self.place / "into"
        into.mkdir()
        saved, _ = self.saved(bob, message, into)
        self.assertEqual(pathlib.Path(saved["path"]), into / "_rf .txt")
        self.expect(bob("save", message["id"], into), 2, "usage")
        # What has the name of the unfinished file is not ours.
        (self.place / f"x.{message['id'][:8]}.part").write_text("mine")
        self.expect(bob("save", message["id"], self.place / "x"), 2, "usage")
        self.assertEqual((self.place / f"x.{message['id'][:8]}.part").read_text(), "mine")

    def test_what_cannot_be_sent_is_said_at_once(self):
        alice, bob = self.two()
        self.expect(alice("send", bob.name, "--file", self.place / "nothing"), 47, "missing")
        self.expect(alice("send", bob.name, "--file", self.place), 2, "usage")
        pipe = self.place / "pipe"
        os.mkfifo(pipe)
        self.expect(alice("send", bob.name, "--file", pipe), 2, "usage")
        large = self.place / "large"
        with open(large, "wb") as file:
            file.truncate((2 << 30) + 1)
        self.expect(alice("send", bob.name, "--file", large), 36, "file_too_large")
        self.assertEqual(alice("send", bob.name, "text", "--file", large).code, 2)
        text = self.sent(alice, bob, "no file")
        self.received(bob, "no file")
        self.expect(bob("save", text["id"], self.place / "x"), 2, "usage")
        self.expect(bob("save", "0123456789abcdef", self.place / "x"), 33, "unknown_message")
        path = write_file(self.place / "small", 10)
        sent = self.send(alice, bob, path)
        self.expect(alice("edit", sent["id"], "other.txt"), 2, "usage")

    def test_a_file_taken_back_or_deleted_is_gone(self):
        alice, bob = self.two()
        path = write_file(self.place / "file", 1000)
        for command in ("unsend", "delete"):
            sent = self.send(alice, bob, path)
            self.receive_file(bob)
            self.expect(alice(command, sent["id"]) if command == "unsend" else bob(command, sent["id"]), 0)
            self.expect(bob("receive"), 0)
            self.expect(bob("save", sent["id"], self.place / "copy"), 33, "unknown_message")
        self.assertEqual(sorted(entry.name for entry in self.place.iterdir()), ["file"])

    def test_a_file_taken_back_is_removed_from_the_server(self):
        alice, bob = self.two()
        path = write_file(self.place / "file", 1000)
        before = len(blobs(self.server))
        sent = self.send(alice, bob, path)
        kept = self.send(alice, bob, path)
        self.assertEqual(len(blobs(self.server)), before + 2)
        message = self.receive_file(bob)
        self.expect(alice("unsend", sent["id"]), 0)
        wait_until(lambda: len(blobs(self.server)) == before + 1)
        self.expect(bob("save", message["id"], self.place / "copy"), 35, "file_gone")
        # What is erased on one side only stays for the other.
        self.expect(alice("delete", kept["id"]), 0)
        self.expect(alice("receive"), 0)
        self.assertEqual(len(blobs(self.server)), before + 1)
        self.expect(bob("receive"), 0)
        self.saved(bob, kept, self.place / "copy")

    def test_other_processes_own_the_profiles(self):
        alice, bob = self.two()
        self.send(alice, bob, write_file(self.place / "first", 10))
        self.receive_file(bob)
        for person in (alice, bob):
            owner = person.start("receive", "--follow", "--keep")
            self.addCleanup(kill, owner)
        wait_until(lambda: all((p.profile / "socket").exists() for p in (alice, bob)))
        path = write_file(self.place / "file", 20 * MIB)
        sent = self.send(alice, bob, path)
        wait_until(lambda: len(self.expect(bob("files"), 0).messages) == 2)
        saved, _ = self.saved(bob, sent, self.place / "copy")
        self.assertEqual(digest(saved["path"]), digest(path))
        self.expect(bob("save", sent["id"], self.place / "copy"), 2, "usage")

    def test_memory_stays_flat(self):
        alice, bob = self.two()
        path = write_file(self.place / "large", 80 * MIB)

        def peak(person, *arguments):
            process = person.start(*arguments)
            process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
            process.stdout.close()
            process.stderr.close()
            self.assertEqual(status, 0)
            return usage.ru_maxrss * 1024

        def server_peak():
            status = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
            return int(status.split("VmHWM:")[1].split()[0]) * 1024

        text, before = peak(alice, "send", bob.name, "a text"), server_peak()
        self.assertLess(peak(alice, "send", bob.name, "--file", path), text + 24 * MIB)
        self.received(bob, "a text", "large")
        message = self.expect(bob("files"), 0).messages[0]
        self.assertLess(peak(bob, "save", message["id"], self.place / "copy"), text + 24 * MIB)
        self.assertLess(server_peak(), before + 24 * MIB)
        self.assertEqual(digest(self.place / "copy"), digest(path))

    def test_a_changed_blob_is_refused_and_nothing_kept(self):
        alice, bob = self.two()
        path = write_file(self.place / "file", 2 * MIB)
        self.send(alice, bob, path)
        message = self.receive_file(bob)
        blob = blobs(self.server)[-1]
        good = blob.read_bytes()
        chunk = lambda number: slice(number * SEALED_CHUNK, (number + 1) * SEALED_CHUNK)
        flipped, swapped = bytearray(good), bytearray(good)
        flipped[-1] ^= 1
        swapped[chunk(3)], swapped[chunk(4)] = good[chunk(4)], good[chunk(3)]
        for bad in (flipped, swapped, bytes(len(good))):
            blob.write_bytes(bad)
            self.expect(bob("save", message["id"], self.place / "copy"), 28, "refused")
            self.assertEqual(sorted(entry.name for entry in self.place.iterdir()), ["file"])
        blob.write_bytes(good[:-1])
        self.expect(bob("save", message["id"], self.place / "copy"), 35, "file_gone")
        self.assertIn("refused", "".join(str(entry) for entry in self.expect(bob("audit"), 0).objects))
        blob.write_bytes(good)
        self.saved(bob, message, self.place / "copy")

    def test_an_expired_file_is_gone(self):
        alice, bob = self.two()
        self.send(alice, bob, write_file(self.place / "file", 1000))
        message = self.receive_file(bob)
        blob = blobs(self.server)[-1]
        with sqlite3.connect(self.server.database, timeout=20) as database:
            database.execute("UPDATE blob SET expires_at = 1 WHERE id = ?", (bytes.fromhex(blob.name),))
        self.expect(bob("save", message["id"], self.place / "copy"), 35, "file_gone")
        self.assertEqual(sorted(entry.name for entry in self.place.iterdir()), ["file"])
        # It goes within ten seconds, and at once when the server starts.
        self.server.stop()
        self.server.start()
        wait_until(lambda: not blob.exists())

    def test_a_file_that_changes_meanwhile_is_not_sent(self):
        server = programs.Server(self.folder / "away")
        self.addCleanup(server.stop)
        alice, bob = self.two(server)
        path = write_file(self.place / "file", 1000)
        server.stop()
        first = self.expect(alice("send", bob.name, "--file", path), 15, "queued").messages[0]
        again = self.expect(alice("send", bob.name, "--file", path), 15, "queued").messages[0]
        self.assertEqual(first["id"], again["id"], "the same file to the same person is the same message")
        write_file(path, 1001)
        server.start()
        self.expect(alice("receive"), 0)
        message = self.expect(alice("files"), 0).messages[0]
        self.assertEqual((message["status"], message["failure"]), ("failed", "file_changed"))
        self.sent(alice, bob, "sorry")
        self.received(bob, "sorry")

    def test_what_waits_goes_out_with_the_next_command(self):
        server = programs.Server(self.folder / "later")
        self.addCleanup(server.stop)
        alice, bob = self.two(server)
        path = write_file(self.place / "file", 1000)
        server.stop()
        self.expect(alice("send", bob.name, "--file", path), 15, "queued")
        self.assertEqual(self.expect(alice("files"), 0).messages[0]["status"], "queued")
        server.start()
        keeping = alice.start("receive", "--follow", "--keep")
        self.addCleanup(kill, keeping)
        saved, _ = self.saved(bob, self.receive_file(bob), self.place / "copy")
        self.assertEqual(digest(saved["path"]), digest(path))


class Previews(Case):
    """Of pictures a small one travels in the message: made by the sender, decoded by nobody who receives it."""

    def setUp(self):
        self.place = self.folder / self.id().rsplit(".", 1)[1]
        self.place.mkdir()
        self.alice, self.bob = self.person("alice"), self.person("bob")

    def send(self, path, *arguments):
        return self.expect(self.alice("send", self.bob.name, "--file", path, *arguments), 0).messages[0]

    def receive_file(self):
        return self.expect(self.bob("receive", "--wait", 20), 0).messages[0]

    def test_a_preview_comes_with_the_message(self):
        sent = self.send(write_png(self.place / "picture.png", 700, 400))
        got = self.receive_file()
        self.assertEqual(got["preview"], sent["preview"])
        self.assertEqual(self.expect(self.bob("files"), 0).messages[0]["preview"], sent["preview"])
        # Nothing is fetched for it: it is there without a server, too.
        for blob in blobs(self.server):
            blob.unlink()
        saved = self.expect(self.bob("save", got["id"], self.place / "small.jpg", "--preview"), 0).of_type("saved")[0]
        preview = (self.place / "small.jpg").read_bytes()
        self.assertEqual((len(preview), saved["size"]), (sent["preview"], sent["preview"]))
        self.assertLessEqual(len(preview), 16 << 10)
        self.assertEqual((preview[:3], preview[-2:]), (b"\xff\xd8\xff", b"\xff\xd9"))
        self.assertEqual(os.stat(self.place / "small.jpg").st_mode & 0o777, 0o600)
        into = self.place / "into"
        into.mkdir()
        saved = self.expect(self.bob("save", got["id"], into, "--preview"), 0).of_type("saved")[0]
        self.assertEqual(saved["path"], str(into / "picture.png.preview.jpg"))
        self.expect(self.bob("save", got["id"], into, "--preview"), 2, "usage")
        # A JPEG has one as well: this one is its own.
        self.assertGreater(self.send(self.place / "small.jpg")["preview"], 0)
        self.receive_file()

    def test_a_preview_goes_where_the_message_goes(self):
        sent = self.send(write_png(self.place / "picture.png", 50, 40))
        self.receive_file()
        backup = self.place / "backup"
        passphrase = {"PQC_CHAT_BACKUP_PASSPHRASE": "a passphrase for the backup"}
        self.expect(self.bob("backup", backup, environment=passphrase), 0)
        self.expect(self.bob("delete", sent["id"]), 0)
        carol = self.person("carol")
        self.expect(carol("restore", backup, environment=passphrase), 0)
        self.expect(carol("save", sent["id"], self.place / "restored", "--preview"), 0)
        self.expect(self.alice("unsend", sent["id"]), 0)
        self.expect(self.alice("save", sent["id"], self.place / "gone", "--preview"), 33, "unknown_message")

    def test_what_has_no_preview_is_sent_all_the_same(self):
        picture = write_png(self.place / "picture.png", 50, 40)
        self.assertNotIn("preview", self.send(picture, "--no-preview"))
        good = picture.read_bytes()
        hostile = {"cut.png": good[:60], "huge.png": good[:16] + struct.pack(">II", 100_000, 100_000) + good[24:],
                   "noise.png": good[:8] + os.urandom(1000), "noise.jpg": b"\xff\xd8\xff" + os.urandom(1000), "text.png": b"text"}
        for name, data in hostile.items():
            (self.place / name).write_bytes(data)
            sent = self.send(self.place / name)
            self.assertNotIn("preview", sent, name)
        for got in self.received(self.bob, "picture.png", *hostile):
            self.expect(self.bob("save", got["id"], self.place / "x", "--preview"), 47, "missing")
        self.expect(self.bob("save", got["id"], self.place / "saved"), 0)
        self.assertEqual((self.place / "saved").read_bytes(), b"text")

    def test_without_the_program_there_is_none(self):
        programs_here = self.place / "bin"
        programs_here.mkdir()
        for name in ("pqc-chat", "pqc-chat-keyd"):
            shutil.copy2(programs.BIN / name, programs_here / name)
        command = self.alice.command("send", self.bob.name, "--file", write_png(self.place / "picture.png", 50, 40))
        result = subprocess.run([programs_here / "pqc-chat", *command[1:]], capture_output=True, text=True, timeout=programs.TIMEOUT)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn('"preview"', result.stdout)


class Limits(Case):
    def configured(self, name, **options):
        config = self.folder / f"{name}.conf"
        config.write_text("[files]\n" + "".join(f"{key} = {value}\n" for key, value in options.items()))
        server = programs.Server(self.folder / name, "--config", config)
        self.addCleanup(server.stop)
        return server, self.person("alice", server=server), self.person("bob", server=server)

    def test_a_share_that_is_full_is_said_and_frees_itself(self):
        server, alice, bob = self.configured("share", quota_mib=3)
        path = write_file(self.folder / "two.bin", 2 * MIB)
        self.expect(alice("send", bob.name, "--file", path), 0)
        self.expect(alice("send", bob.name, "--file", path), 18, "quota")
        self.assertEqual(len(blobs(server)), 1)
        # What is taken back frees it at once.
        self.expect(alice("unsend", self.expect(alice("files"), 0).messages[0]["id"]), 0)
        wait_until(lambda: not blobs(server))
        self.expect(alice("send", bob.name, "--file", path), 0)
        self.expect(alice("send", bob.name, "--file", path), 18, "quota")
        self.expect(bob("send", alice.name, "--file", path), 0)  # a share of his own
        self.sent(alice, bob, "texts go on")
        with sqlite3.connect(server.database, timeout=20) as database:
            database.execute("UPDATE blob SET expires_at = 1")
        server.stop()
        server.start()
        wait_until(lambda: not blobs(server))
        self.expect(alice("send", bob.name, "--file", path), 0)

    def test_what_a_server_does_not_take_is_said(self):
        _, alice, bob = self.configured("small", max_mib=1)
        self.expect(alice("send", bob.name, "--file", write_file(self.folder / "a", 900_000)), 0)
        self.expect(alice("send", bob.name, "--file", write_file(self.folder / "b", MIB)), 36, "file_too_large")
        _, alice, bob = self.configured("none", max_mib=0)
        self.expect(alice("send", bob.name, "--file", self.folder / "a"), 36, "file_too_large")


class SuddenEnds(Case):
    """Every side killed in the middle of a file of 56 MiB; what was confirmed is not sent or fetched again."""

    size, middle = 56 * MIB, 28 * MIB

    def setUp(self):
        self.place = self.folder / self.id().rsplit(".", 1)[1]
        self.place.mkdir()
        self.own = programs.Server(self.place / "server")
        self.addCleanup(self.own.stop)
        self.alice, self.bob = (self.person(name, server=self.own) for name in ("alice", "bob"))
        self.path = write_file(self.place / "file", self.size)

    def blob(self):
        found = blobs(self.own)
        return found[0] if found else None

    def kill_server(self):
        self.own.process.kill()
        self.own.process.wait(programs.TIMEOUT)
        self.own.process.stdout.close()

    def message(self):
        return self.expect(self.bob("receive", "--wait", 20), 0).messages[0]

    def check(self, message):
        answer = self.expect(self.bob("save", message["id"], self.place / "copy"), 0)
        self.assertEqual(digest(self.place / "copy"), digest(self.path))
        self.assertEqual(list(self.place.glob("*.part")), [])
        return answer

    def send_and_kill(self):
        sending = self.alice.start("send", self.bob.name, "--file", self.path)
        wait_until(grown_to(self.blob, self.middle))
        kill(sending)

    def test_the_sender(self):
        self.send_and_kill()
        listed = self.expect(self.alice("files"), 0).messages[0]
        self.assertEqual(listed["status"], "queued")
        self.assertGreaterEqual(listed["transferred"], 16 * MIB)
        before = self.blob().read_bytes()
        answer = self.expect(self.alice("send", self.bob.name, "--file", self.path), 0)
        self.assertGreaterEqual(answer.of_type("progress")[0]["done"], 16 * MIB)
        self.assertEqual(answer.messages[0]["id"], listed["id"])
        self.assertEqual(len(blobs(self.own)), 1)
        message = self.message()
        self.check(message)
        self.assertEqual(self.expect(self.bob("receive"), 0).messages, [])
        # A chunk that the sender sealed twice, the first form in place of the second: authentic, but not what it announced.
        blob = self.blob()
        good = blob.read_bytes()
        twice = next(number for number in range(len(before) // SEALED_CHUNK)
                     if before[number * SEALED_CHUNK:number * SEALED_CHUNK + 12] != good[number * SEALED_CHUNK:number * SEALED_CHUNK + 12])
        self.assertGreaterEqual(twice * 65536, 16 * MIB)
        bad = bytearray(good)
        bad[twice * SEALED_CHUNK:(twice + 1) * SEALED_CHUNK] = before[twice * SEALED_CHUNK:(twice + 1) * SEALED_CHUNK]
        blob.write_bytes(bad)
        self.expect(self.bob("save", message["id"], self.place / "another"), 28, "refused")
        self.assertEqual(list(self.place.glob("another*")), [])

    def test_the_server_while_it_takes_the_file(self):
        sending = self.alice.start("send", self.bob.name, "--file", self.path)
        wait_until(grown_to(self.blob, self.middle))
        self.kill_server()
        self.own.start()
        out, err = sending.communicate(timeout=programs.TIMEOUT)
        self.assertEqual(sending.returncode, 0, out + err)
        self.check(self.message())

    def test_the_server_while_it_gives_the_file(self):
        self.expect(self.alice("send", self.bob.name, "--file", self.path), 0)
        message = self.message()
        saving = self.bob.start("save", message["id"], self.place / "copy")
        wait_until(grown_to(lambda: next(self.place.glob("*.part"), None), self.middle))
        self.kill_server()
        self.own.start()
        out, err = saving.communicate(timeout=programs.TIMEOUT)
        self.assertEqual(saving.returncode, 0, out + err)
        self.assertEqual(digest(self.place / "copy"), digest(self.path))

    def test_the_receiver(self):
        self.expect(self.alice("send", self.bob.name, "--file", self.path), 0)
        message = self.message()
        saving = self.bob.start("save", message["id"], self.place / "copy")
        wait_until(grown_to(lambda: next(self.place.glob("*.part"), None), self.middle))
        kill(saving)
        self.assertFalse((self.place / "copy").exists())
        answer = self.check(message)
        self.assertGreaterEqual(answer.of_type("progress")[0]["done"], 16 * MIB)

    def test_the_receiver_whose_unfinished_file_is_gone(self):
        self.expect(self.alice("send", self.bob.name, "--file", self.path), 0)
        message = self.message()
        saving = self.bob.start("save", message["id"], self.place / "copy")
        wait_until(grown_to(lambda: next(self.place.glob("*.part"), None), self.middle))
        kill(saving)
        next(self.place.glob("*.part")).unlink()
        self.check(message)

    def test_the_server_comes_back_without_the_file(self):
        self.send_and_kill()
        self.own.stop()
        self.blob().unlink()
        self.own.start()
        self.expect(self.alice("send", self.bob.name, "--file", self.path), 0)
        self.check(self.message())


if __name__ == "__main__":
    programs.main()
