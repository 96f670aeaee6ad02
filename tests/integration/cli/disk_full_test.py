"""A full disk under the server and under a profile: it is said, nothing that was accepted is lost, and it goes on when there is space.

The disks are small file systems in memory, mounted in a namespace that only this test sees.
"""

import os
import shutil
import subprocess
import sys

IN_NAMESPACE = "PQC_CHAT_TEST_IN_NAMESPACE"
SKIPPED = 77

if IN_NAMESPACE not in os.environ:
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    probe = subprocess.run([*own_mounts, "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL, check=False)
    if probe.returncode != 0:
        print("this machine lets nobody mount in a namespace of their own")
        sys.exit(SKIPPED)
    os.execvpe("unshare", [*own_mounts, sys.executable, "-B", *sys.argv], {**os.environ, IN_NAMESPACE: "1"})

import programs  # noqa: E402
from programs import Case  # noqa: E402

QUEUED, DISK_FULL = 15, 46


class Disk:
    """A file system of a few megabytes that can be filled to its last byte and emptied again."""

    def __init__(self, folder, size="8m"):
        self.folder = folder
        folder.mkdir(parents=True, mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "none", folder], check=True)

    def fill(self):
        with open(self.folder / "filler", "wb", buffering=0) as filler:
            for size in (65536, 1):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    pass

    def free(self):
        (self.folder / "filler").unlink()

    def remove(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class FullDisk(Case):
    def disk(self, name):
        disk = Disk(self.folder / name)
        self.addCleanup(disk.remove)
        return disk

    def test_a_server_with_a_full_disk_accepts_nothing_and_goes_on_later(self):
        disk = self.disk("small-server")
        server = programs.Server(disk.folder)
        self.addCleanup(server.stop)
        alice, bob = self.person("alice", server=server), self.person("bob", server=server)
        self.sent(alice, bob, "before")
        disk.fill()
        texts = [f"while it is full {number} " + "x" * 4000 for number in range(8)]
        answers = [alice("send", bob.name, text) for text in texts]
        self.assertEqual({answer.code for answer in answers} - {0}, {QUEUED}, [answer.err for answer in answers])
        self.assertIsNone(server.process.poll())
        disk.free()
        self.sent(alice, bob, "after")
        self.received(bob, "before", *texts, "after")

    def test_files_leave_room_for_messages(self):
        disk = self.disk("server-with-files")
        server = programs.Server(disk.folder)
        self.addCleanup(server.stop)
        alice, bob = self.person("alice", server=server), self.person("bob", server=server)
        file = self.folder / "large.bin"
        file.write_bytes(bytes(8 << 20))
        self.assertEqual(alice("send", bob.name, "--file", file).code, QUEUED)
        self.sent(alice, bob, "messages go on")
        self.received(bob, "messages go on")

    def test_a_file_is_saved_once_there_is_room_for_it(self):
        alice, bob = self.person("alice"), self.person("bob")
        file = self.folder / "file.bin"
        file.write_bytes(os.urandom(6 << 20))
        self.expect(alice("send", bob.name, "--file", file), 0)
        message = self.expect(bob("receive", "--wait", 20), 0).messages[0]
        disk = self.disk("small")
        (disk.folder / "other").write_bytes(bytes(4 << 20))
        self.expect(bob("save", message["id"], disk.folder / "copy"), DISK_FULL, "disk_full")
        self.assertFalse((disk.folder / "copy").exists())
        (disk.folder / "other").unlink()
        answer = self.expect(bob("save", message["id"], disk.folder / "copy"), 0)
        self.assertEqual((disk.folder / "copy").read_bytes(), file.read_bytes())
        self.assertGreater(answer.of_type("progress")[0]["done"], 0)

    def test_a_server_that_cannot_make_its_files_says_so(self):
        disk = self.disk("full-server")
        disk.fill()
        result = subprocess.run([programs.BIN / "pqc-chat-server", "--data", disk.folder, "run", "--listen", "127.0.0.1:0"],
                                capture_output=True, text=True, timeout=programs.TIMEOUT, check=False)
        self.assertEqual(result.returncode, DISK_FULL, result.stderr)
        self.assertIn("free some space", result.stderr)

    def test_a_profile_with_a_full_disk_loses_nothing(self):
        alice, bob = self.person("alice", register=False), self.person("bob")
        disk = Disk(alice.profile)
        self.addCleanup(disk.remove)
        self.expect(alice.register(self.server), 0)
        self.sent(alice, bob, "before")
        self.sent(bob, alice, "an answer")
        disk.fill()
        self.expect(alice("send", bob.name, "never written " + "x" * 60000), DISK_FULL, "disk_full")
        alice("receive")
        disk.free()
        self.received(alice, "an answer")
        self.sent(alice, bob, "after")
        self.received(bob, "before", "after")


if __name__ == "__main__":
    programs.main()
