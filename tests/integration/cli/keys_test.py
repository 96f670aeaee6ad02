"""Keys in the agent: lock and unlock, passphrases, the keyring, the security log, old copies put back."""

import json
import os
import shutil
import stat
import subprocess

import programs
from programs import Case, agent_of


class Keys(Case):
    def secret(self, name, text):
        file = self.folder / name
        file.write_text(text + "\n")
        file.chmod(0o600)
        return file

    def events(self, person):
        return [(line["event"], line.get("peer", "")) for line in self.expect(person("audit"), 0).of_type("audit")]

    def test_the_agent_alone_holds_the_keys(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "hello")
        agent = agent_of(alice)
        self.assertTrue(agent)
        self.assertEqual({entry.name for entry in alice.profile.iterdir()} - {"socket", "profile.db-wal", "profile.db-shm"},
                         {"keys", "lock", "profile.db"})
        for file in (alice.profile / "keys").iterdir():
            if stat.S_ISREG(file.stat().st_mode):
                self.assertEqual(file.stat().st_mode & 0o777, 0o600, file)
        # The next command finds the same agent; one that was killed is started again, and opens unattended.
        self.sent(alice, bob, "again")
        self.assertEqual(agent_of(alice), agent)
        os.kill(agent, 9)
        self.sent(alice, bob, "and again")
        self.received(bob, "hello", "again", "and again")
        self.assertNotEqual(agent_of(alice), agent)

    def test_locked_keys_say_what_to_do(self):
        secret, wrong = self.secret("secret", "correct horse"), self.secret("wrong", "wrong")
        alice, bob = self.person("alice", "--passphrase-file", secret), self.person("bob")
        self.expect(alice("whoami"), 0)
        status = self.expect(alice("lock"), 0).objects[0]
        self.assertEqual((status["type"], status["unlocked"], status["ways"]), ("keys", False, ["passphrase"]))
        for command in (["whoami"], ["send", bob.name, "hello"], ["unlock"], ["doctor"]):
            answer = alice(*command)
            self.assertEqual(answer.code, 48, answer.err)
        self.expect(alice("whoami"), 48, "locked")
        self.expect(alice("unlock", "--passphrase-file", wrong), 45, "wrong_key")
        self.assertTrue(self.expect(alice("unlock", "--passphrase-file", secret), 0).objects[0]["unlocked"])
        self.sent(alice, bob, "hello")
        self.expect(alice("lock"), 0)
        self.expect(alice("whoami", environment={"PQC_CHAT_PASSPHRASE": "correct horse"}), 0)
        # After more wrong ones it takes time, also for the right one.
        self.expect(alice("lock"), 0)
        codes = [alice("unlock", "--passphrase-file", wrong).code for _ in range(3)]
        self.assertEqual(codes, [45, 45, 45])
        # The wait doubles with each: however slow the machine is, one comes that outlasts the next two commands.
        waits = lambda: [alice("unlock", "--passphrase-file", wrong).code, alice("unlock", "--passphrase-file", wrong).code]
        self.assertTrue(any(waits() == [49, 49] for _ in range(6)))
        self.expect(alice("unlock", "--passphrase-file", secret), 49, "too_soon")
        self.assertIn(("unlock_failed", ""), self.events(alice))

    def test_a_passphrase_file_that_cannot_be_used_is_named(self):
        secret = self.secret("not_private", "as good as public")
        alice = self.person("alice", "--passphrase-file", secret)
        self.expect(alice("lock"), 0)
        nowhere = self.folder / "nowhere"
        for command in (["whoami"], ["unlock"], ["receive"], ["passphrase", "change", "--new-passphrase-file", secret]):
            secret.chmod(0o640)
            answer = self.expect(alice(*command, "--passphrase-file", secret), 43, "no_permission")
            self.assertIn(f"chmod 600 {secret}", answer.errors[0]["message"])
            secret.chmod(0o600)
            answer = self.expect(alice(*command, "--passphrase-file", nowhere), 47, "missing")
            self.assertIn(str(nowhere), answer.errors[0]["message"])
        self.expect(alice("unlock", "--passphrase-file", self.folder), 47, "missing")
        # Nothing of it counts as a wrong passphrase.
        self.assertNotIn(("unlock_failed", ""), self.events(alice))
        self.expect(alice("unlock", "--passphrase-file", secret), 0)

    def test_helpers_get_nothing_of_the_environment_that_they_do_not_need(self):
        """Stand-ins for agent and keyring program note their environment; the passphrase is in the client's."""
        folder = self.folder / "stand-ins"
        folder.mkdir()
        shutil.copy2(programs.BIN / "pqc-chat", folder)
        for name, then in (("pqc-chat-keyd", f'exec -a pqc-chat-keyd {programs.BIN.resolve()}/pqc-chat-keyd "$@"'), ("pqc-chat-keyring", "exit 2")):
            script = folder / name
            script.write_text(f"#!/bin/bash\ncat /proc/$$/environ > {folder}/{name}.environment\n{then}\n")
            script.chmod(0o755)
        secret = self.secret("for_helpers", "known to the client alone")
        alice = self.person("alice", "--passphrase-file", secret)
        os.kill(agent_of(alice), 9)
        given = {"PQC_CHAT_PASSPHRASE": "known to the client alone", "LD_LIBRARY_PATH": "/nowhere", "LANG": "C.UTF-8",
                 "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
        command = [folder / "pqc-chat", *alice.command("keyring", "enable")[1:]]
        result = subprocess.run(command, env={**os.environ, **given}, stdin=subprocess.DEVNULL, capture_output=True,
                                timeout=programs.TIMEOUT)
        self.assertEqual(result.returncode, 47, result.stderr)  # no secret service: what the stand-in says
        self.assertEqual((folder / "pqc-chat-keyd.environment").read_bytes(), b"")
        variables = (folder / "pqc-chat-keyring.environment").read_bytes().split(b"\0")
        self.assertIn(b"LANG=C.UTF-8", variables)
        self.assertIn(b"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", variables)
        names = {variable.split(b"=")[0].decode() for variable in variables if variable}
        self.assertLessEqual(names, {"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "HOME", "DISPLAY", "WAYLAND_DISPLAY",
                                     "XAUTHORITY", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES"})

    def test_locked_meanwhile_everything_waits(self):
        secret = self.secret("meanwhile", "in the meantime")
        alice, bob = self.person("alice", "--passphrase-file", secret), self.person("bob")
        following = alice.start("receive", "--follow")
        try:
            self.sent(bob, alice, "the first needs the keys")
            self.assertIn("the first needs the keys", programs.line_of(following))
            self.expect(alice("lock"), 0)
            carol = self.person("carol")
            self.sent(carol, alice, "and so does a stranger's")
            self.sent(bob, alice, "this one waits behind it")
            # The owner still has its sessions: what they need goes on.
            self.sent(alice, bob, "sent while locked")
            self.expect(alice("unlock", "--passphrase-file", secret), 0)
            self.assertIn("and so does a stranger's", programs.line_of(following))
            self.assertIn("this one waits behind it", programs.line_of(following))
            self.received(bob, "sent while locked")
        finally:
            programs.kill(following)

    def test_a_passphrase_is_set_and_changed(self):
        first, second = self.secret("first", "first one"), self.secret("second", "second one")
        alice = self.person("alice")
        status = self.expect(alice("passphrase", "change", "--new-passphrase-file", first), 0).objects[0]
        self.assertEqual(status["ways"], ["passphrase"])
        self.assertFalse((alice.profile / "keys/vault.key").exists())
        self.expect(alice("lock"), 0)
        self.expect(alice("whoami"), 48, "locked")
        self.expect(alice("passphrase", "change", "--passphrase-file", second, "--new-passphrase-file", second), 45)
        self.expect(alice("passphrase", "change", "--passphrase-file", first, "--new-passphrase-file", second), 0)
        self.expect(alice("lock"), 0)
        self.expect(alice("unlock", "--passphrase-file", first), 45)
        self.expect(alice("unlock", "--passphrase-file", second), 0)
        # How fast the machine just is decides whether the agent also strengthens the passphrase's slot meanwhile.
        self.assertEqual([event for event, _ in self.events(alice) if event in ("passphrase_changed", "key_file_disabled")],
                         ["passphrase_changed", "key_file_disabled", "passphrase_changed"])

    def test_the_keyring_needs_a_passphrase_and_is_never_the_only_way(self):
        alice = self.person("alice")
        self.expect(alice("keyring", "enable"), 2, "usage")
        secret = self.secret("for_keyring", "with a keyring")
        nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere", "XDG_RUNTIME_DIR": "/nowhere", "DISPLAY": ""}
        self.expect(alice("passphrase", "change", "--new-passphrase-file", secret), 0)
        self.expect(alice("keyring", "enable", "--passphrase-file", secret, environment=nowhere), 47, "missing")
        self.assertEqual(self.expect(alice("unlock"), 0).objects[0]["ways"], ["passphrase"])
        self.expect(alice("keyring", "disable", environment=nowhere), 0)

    def test_the_security_log_tells_what_happened(self):
        alice, bob = self.person("alice"), self.person("bob")
        peer = f"{bob.name}@test"
        self.sent(alice, bob, "the content of a message")
        self.received(bob, "the content of a message")
        self.expect(alice("verify", bob.name), 0)
        self.expect(alice("verify", "--undo", bob.name), 0)
        events = self.events(alice)
        for event in ("vault_created", "identity_created", "record_signed", "prekeys_created"):
            self.assertIn((event, ""), events)
        self.assertEqual([entry for entry in events if entry[1]], [("session_started", peer), ("verified", peer),
                                                                    ("verification_withdrawn", peer)])
        self.assertIn(("session_started", f"{alice.name}@test"), self.events(bob))
        log = alice.profile / "keys/audit.log"
        self.assertEqual(log.stat().st_mode & 0o777, 0o600)
        self.assertNotIn("the content", log.read_text())
        started = [line for line in self.expect(alice("audit"), 0).objects if line["event"] == "session_started"][0]
        self.assertEqual((started["level"], started["suite"], started["source"]), ("QUANTUM_RESISTANT", "pq", "client"))

    def test_the_digits_of_the_other_decide(self):
        alice, bob = self.person("alice"), self.person("bob")
        digits = self.expect(bob("safety-number", alice.name), 0).objects[0]["safety_number"]
        other = str((int(digits[0]) + 1) % 10) + digits[1:]
        self.expect(alice("verify", bob.name, "--code", other), 28, "refused")
        self.expect(alice("verify", bob.name, "--code", digits[:-1]), 2, "usage")
        self.assertFalse(self.expect(alice("safety-number", bob.name), 0).objects[0]["verified"])
        grouped = " ".join(digits[i:i + 5] for i in range(0, 60, 5))
        self.assertTrue(self.expect(alice("verify", bob.name, "--code", grouped), 0).objects[0]["verified"])

    def test_old_copies_are_noticed(self):
        """THREATS 12: the vault alone, the database alone, and the whole profile put back."""
        alice, bob = self.person("alice"), self.person("bob")
        copy = self.folder / f"{alice.name}.copy"

        def end_agent():
            agent = agent_of(alice)
            os.kill(agent, 15)
            programs.wait_until(lambda: agent_of(alice) != agent)

        def put_back(*names):
            end_agent()
            for name in names:
                source, target = copy / name, alice.profile / name
                shutil.rmtree(target) if target.is_dir() else target.unlink()
                shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)

        def told():
            found = {notice["kind"] for notice in self.expect(alice("receive"), 0).of_type("notice")}
            return found & {"profile_rolled_back", "profile_cloned"}

        def warned():
            checks = {c["check"]: c["result"] for c in self.expect(alice("doctor"), 0).objects}
            return checks["roll_back"] == "warning"

        def take_copy():
            end_agent()
            shutil.copytree(alice.profile, copy, ignore=shutil.ignore_patterns("*sock*"))
            self.sent(alice, bob, "after the copy")
            self.expect(alice("receive"), 0)

        for names, kinds in ((["keys"], {"profile_rolled_back"}),
                             (["profile.db"], {"profile_rolled_back", "profile_cloned"}),
                             (["keys", "profile.db"], {"profile_cloned"})):
            with self.subTest(names=names):
                alice = self.person("alice")
                copy = self.folder / f"{alice.name}.copy"
                self.sent(alice, bob, "before")
                self.expect(alice("receive"), 0)
                take_copy()
                put_back(*names)
                self.assertEqual(told(), kinds)
                if "profile_rolled_back" in kinds:
                    self.assertTrue(warned())
                    self.assertIn(("rolled_back", ""), self.events(alice))


if __name__ == "__main__":
    programs.main()
