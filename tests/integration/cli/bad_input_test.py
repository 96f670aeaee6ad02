"""Bad input and bad luck: each has its exit code and a message that says what to do, and nothing is lost."""

import os
import re
import resource
import signal
import socket
import sqlite3
import stat
import subprocess

import programs
from programs import Case


class Registration(Case):
    def test_a_wrong_fingerprint_registers_nobody(self):
        alice = self.person("alice", register=False)
        wrong = "a" * 51 + "q"
        self.expect(alice("register", alice.name, "--server", self.server.address, "--fingerprint", wrong), 11, "wrong_server")
        self.expect(alice("register", alice.name, "--server", self.server.address, "--fingerprint", "short"), 26, "invalid_name")
        self.expect(alice("whoami"), 22, "not_registered")
        self.expect(alice.register(self.server), 0)

    def test_a_taken_name_leaves_the_profile_free_for_another(self):
        alice = self.person("alice")
        other = self.person("other", register=False)
        self.expect(other("register", alice.name, "--server", self.server.address), 21, "name_taken")
        self.expect(other("whoami"), 22, "not_registered")
        self.expect(other.register(self.server), 0)

    def test_a_refusal_leaves_nothing_behind(self):
        alice = self.person("alice")
        Case.counter += 1
        other = programs.Person(self.folder / "made" / "for", f"other{Case.counter}")
        refusals = ((("register", alice.name, "--server", self.server.address), 21, "name_taken"),
                    (("register", other.name, "--server", self.server.address, "--fingerprint", "a" * 51 + "q"), 11, "wrong_server"),
                    (("register", other.name, "--server", f"127.0.0.1:{programs.free_port()}"), 10, "unreachable"),
                    (("link", "--server", f"127.0.0.1:{programs.free_port()}"), 10, "unreachable"))
        for arguments, code, name in refusals:
            self.expect(other(*arguments), code, name)
            self.assertIsNone(programs.agent_of(other), arguments)
            self.assertFalse((self.folder / "made").exists(), arguments)
        # What was there before stays.
        other.profile.mkdir(parents=True)
        (other.profile / "note").write_text("mine")
        for arguments, code, name in refusals:
            self.expect(other(*arguments), code, name)
            self.assertEqual([file.name for file in other.profile.iterdir()], ["note"], arguments)
        self.expect(other.register(self.server), 0)
        self.assertEqual(stat.S_IMODE((other.profile / "profile.db").stat().st_mode), 0o600)
        agent = programs.agent_of(other)
        self.assertIsNotNone(agent)
        self.expect(other(*refusals[0][0]), 23, "already_registered")
        self.assertEqual(programs.agent_of(other), agent)
        self.expect(other("whoami"), 0)

    def test_links_to_what_is_not_there_now_stay(self):
        for name in "profile.db", "keys":
            nobody = self.person("nobody", register=False)
            nobody.profile.mkdir()
            link = nobody.profile / name
            link.symlink_to(self.folder / "not mounted" / name)
            self.assertNotEqual(nobody.register(self.server).code, 0)
            self.assertTrue(link.is_symlink())

    def test_a_folder_that_cannot_be_made_leaves_none_above_it(self):
        nobody = programs.Person(self.folder / "above", "x" * 300)
        self.assertNotEqual(nobody("register", "nobody", "--server", self.server.address).code, 0)
        self.assertFalse((self.folder / "above").exists())

    def interrupted(self, process, number):
        process.send_signal(number)
        out, err = process.communicate(timeout=programs.TIMEOUT)
        return self.expect(programs.Answer(process.returncode, out, err), 130, "interrupted")

    def test_an_interruption_leaves_nothing_behind(self):
        nobody = self.person("nobody", register=False)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
                link = nobody.start("link", "--server", self.server.address)
                programs.line_of(link)
                self.interrupted(link, number)
                register = nobody.start("register", nobody.name, "--server", f"127.0.0.1:{silent.getsockname()[1]}")
                with silent.accept()[0]:
                    self.interrupted(register, number)
                self.assertIsNone(programs.agent_of(nobody))
                self.assertFalse(nobody.profile.exists())
        self.expect(nobody.register(self.server), 0)

    def test_folders_are_for_their_owner(self):
        self.addCleanup(os.umask, os.umask(0o022))
        alice = self.person("alice", register=False)
        folder = self.folder / f"{alice.name} new"
        alice.profile = f"{folder}/profile/"
        self.expect(alice.register(self.server), 0)
        other = self.person("other", register=False)
        self.expect(other("identity", "create", "other"), 0)
        for made in (folder, folder / "profile", other.profile):
            self.assertEqual(stat.S_IMODE(made.stat().st_mode), 0o700, made)

    def test_one_account_a_profile(self):
        alice = self.person("alice")
        self.expect(alice("register", "second", "--server", self.server.address), 23, "already_registered")

    def test_names_addresses_and_suites_are_checked(self):
        nobody = self.person("nobody", register=False)
        self.expect(nobody("register", "Not A Name", "--server", self.server.address), 26, "invalid_name")
        self.expect(nobody("register", "x", "--server", "host:port"), 2, "usage")
        self.expect(nobody("register", "x", "--server", self.server.address, "--suite", "best"), 2, "usage")
        self.expect(nobody("register", "x", "--server", f"127.0.0.1:{programs.free_port()}"), 10, "unreachable")
        self.expect(nobody("register", "x", "--server", "no.such.host.invalid"), 10, "unreachable")

    def test_without_a_profile_everything_says_what_to_do(self):
        nobody = self.person("nobody", register=False)
        for command in (("send", "x", "y"), ("receive",), ("history", "x"), ("contacts",), ("whoami",), ("safety-number", "x")):
            self.assertIn("register", self.expect(nobody(*command), 22, "not_registered").errors[0]["message"])
        self.assertEqual(nobody("doctor").code, 22)

    def test_wrong_arguments_are_named(self):
        nobody = self.person("nobody", register=False)
        for arguments, named in (((), "a command is missing"), (("frobnicate",), "'frobnicate'"), (("send",), "PEER"), (("--bogus",), "'--bogus'"),
                                 (("send", "x", "y", "--bogus"), "--bogus"),
                                 (("receive", "--wait", "abc"), "--wait takes a whole number, and 'abc' is none; see pqc-chat receive --help"),
                                 (("settings", "--typing", "maybe"), "{on,off}"), (("history", "x", "--limit", "0"), "--limit")):
            self.assertIn(named, self.expect(nobody(*arguments), 2, "usage").errors[0]["message"])
        plain = subprocess.run([programs.BIN / "pqc-chat", "send"], capture_output=True, text=True)
        self.assertEqual(plain.returncode, 2)
        self.assertIn("see pqc-chat send --help", plain.stderr)

    def help_of(self, *command):
        return subprocess.run([programs.BIN / "pqc-chat", *command, "--help"], capture_output=True, text=True, check=True).stdout

    def below(self, *command):
        """The commands below this one, and those below them."""
        listed = re.search(r"(?m)^Subcommands:\n((?:  +.*\n)+)", self.help_of(*command))
        for name in re.findall(r"(?m)^  (\w\S*)", listed[1]) if listed else ():
            yield (*command, name)
            yield from self.below(*command, name)

    def test_every_command_has_a_page_of_its_own(self):
        commands = list(self.below())
        self.assertGreater(len(commands), 55)
        for action in ("listen", "connect", "ticket", "join", "rendezvous", "nearby", "endpoint"):
            self.assertIn(("p2p", action), commands)
        for command in (("devices", "audio"), ("recording", "export"), ("identity", "create"), ("passphrase", "change"), ("keyring", "enable")):
            self.assertIn(command, commands)
        pages = [self.help_of(*command) for command in commands]
        for command, page in zip(commands, pages):
            self.assertIn(f"Usage: pqc-chat {' '.join(command)} [OPTIONS]", page)
        self.assertEqual(len(set(pages)), len(pages))
        self.assertIn("--stun", self.help_of("p2p", "ticket"))
        self.assertNotIn("--stun", self.help_of("p2p", "listen"))

    def test_what_is_wrong_below_a_command_points_to_its_page(self):
        nobody = self.person("nobody", register=False)
        for arguments, said in ((("p2p",), "a command is missing; see pqc-chat p2p --help"),
                                (("p2p", "conect"), "no command or option 'conect'; see pqc-chat p2p --help"),
                                (("p2p", "connect"), "see pqc-chat p2p connect --help"),
                                (("p2p", "listen", "--turn", "turn:a"), "see pqc-chat p2p listen --help"),
                                (("p2p", "ticket", "--transport", "tcp"), "see pqc-chat p2p ticket --help"),
                                (("identity", "create"), "see pqc-chat identity create --help"),
                                (("devices", "lst"), "see pqc-chat devices --help")):
            self.assertIn(said, self.expect(nobody(*arguments), 2, "usage").errors[0]["message"])

    def test_help_names_what_an_option_takes(self):
        for command in self.below():
            printed = self.help_of(*command)
            self.assertNotRegex(printed, r"(?m)^ +--?\S+ (TEXT|UINT|INT)\b", command)
            self.assertNotRegex(printed, r"(?m)^ +[A-Z]+ (TEXT|UINT|INT)\b", command)
            self.assertNotIn("INT in [", printed, command)
        printed = subprocess.run([programs.BIN / "pqc-chat", "settings", "--help"], capture_output=True, text=True, check=True).stdout
        self.assertIn("--keep-days DAYS", printed)
        self.assertIn("--typing on|off", printed)

    def test_a_missing_passphrase_names_the_option_that_gives_it(self):
        alice = self.person("alice")
        for command, said in ((("passphrase", "change"), "no new passphrase of the profile: give --new-passphrase-file"),
                              (("backup", "b"), "no passphrase for the backup: give --backup-passphrase-file"),
                              (("restore", "b"), "no passphrase of the backup: give --backup-passphrase-file")):
            self.assertIn(said, self.expect(alice(*command, preexec=os.setsid), 2, "usage").errors[0]["message"])

    def test_wrong_arguments(self):
        for arguments in ((), ("nonsense",), ("send",), ("receive", "--wait", "1", "--follow"), ("history", "x", "--limit", "0")):
            self.assertEqual(self.person("nobody", register=False)(*arguments).code, 2, arguments)


class Invites(Case):
    server_arguments = ("--invite-only",)

    def test_an_invite_is_good_once_and_in_time(self):
        invite = self.server.tool("invite")[0]
        expired = self.server.tool("invite")[0]
        alice = self.person("alice", register=False)
        self.expect(alice.register(self.server), 17, "invalid_invite")
        self.expect(alice.register(self.server, "--invite", "bogus"), 17, "invalid_invite")
        self.assertFalse(alice.profile.exists())
        self.expect(alice.register(self.server, "--invite", invite), 0)
        bob = self.person("bob", register=False)
        self.expect(bob.register(self.server, "--invite", invite), 17, "invalid_invite")
        with sqlite3.connect(self.server.database) as database:
            database.execute("UPDATE invite SET expires_at = 1")
        self.expect(bob.register(self.server, "--invite", expired), 17, "invalid_invite")
        for nothing in b"", b"\n":
            answer = self.expect(bob.register(self.server, "--invite", "-", stdin=nothing), 17, "invalid_invite")
            self.assertIn("standard input", answer.errors[0]["message"])
        typed = self.server.tool("invite")[0] + "\n"
        self.expect(bob.register(self.server, "--invite", "-", stdin=typed.encode()), 0)


class Texts(Case):
    def test_texts_are_checked_before_anything_is_stored(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.expect(alice("send", bob.name, stdin=b"\xff\xfe"), 30, "text_not_utf8")
        self.expect(alice("send", bob.name, ""), 31, "text_empty")
        self.expect(alice("send", bob.name, stdin=b""), 31, "text_empty")
        self.expect(alice("send", bob.name, stdin=b"x" * 65537), 32, "text_too_long")
        self.expect(alice("history", bob.name), 20)
        self.expect(alice("send", bob.name, stdin=b"x" * 65536), 0)
        self.received(bob, "x" * 65536)

    def test_unknown_peers(self):
        alice = self.person("alice")
        self.expect(alice("send", "nobody-here", "hello"), 20, "unknown_peer")
        self.expect(alice("safety-number", "nobody-here"), 20, "unknown_peer")
        self.expect(alice("verify", "nobody-here"), 20, "unknown_peer")
        self.expect(alice("history", "never-heard-of"), 20, "unknown_peer")
        self.expect(alice("send", "Bad Name", "hello"), 26, "invalid_name")
        self.expect(alice("send", alice.name, "to myself"), 26, "invalid_name")
        self.assertEqual(self.expect(alice("contacts"), 0).objects, [])
        # What could not be sent because of a wrong name is not kept.
        self.assertEqual(alice("history", "nobody-here").messages, [])
        # Once they exist, it works.
        bob = self.person("bob")
        self.sent(alice, bob, "hello")


class Servers(Case):
    def test_another_server_at_the_address_is_refused_and_the_message_kept(self):
        right = programs.Server(self.folder / "right", port=programs.free_port())
        alice, bob = self.person("alice", server=right), self.person("bob", server=right)
        self.sent(alice, bob, "to the right one")
        right.stop()
        wrong = programs.Server(self.folder / "wrong", port=right.port)
        answer = self.expect(alice("send", bob.name, "not to the wrong one"), 11, "wrong_server")
        self.assertEqual(answer.messages[0]["status"], "queued")
        self.expect(alice("receive"), 11, "wrong_server")
        self.assertEqual(alice("doctor").code, 11)
        wrong.stop()
        right.start()
        self.expect(alice("receive"), 0)
        self.received(bob, "to the right one", "not to the wrong one")
        right.stop()


class Profiles(Case):
    def test_damage_is_named_and_nothing_is_changed(self):
        alice = self.person("alice")
        database = alice.profile / "profile.db"
        good = database.read_bytes()
        database.write_bytes(b"garbage" + good[7:])
        self.expect(alice("whoami"), 40, "damaged")
        self.expect(alice("send", "bob", "hello"), 40, "damaged")
        self.assertEqual(alice("doctor").code, 40)
        self.expect(alice("register", "again", "--server", self.server.address), 40, "damaged")
        self.assertEqual(database.read_bytes()[:7], b"garbage")
        database.write_bytes(good)
        self.expect(alice("whoami"), 0)

    def test_damaged_keys(self):
        alice = self.person("alice")
        vault = alice.profile / "keys/vault"
        good = vault.read_bytes()
        self.assertEqual(alice.profile.stat().st_mode & 0o777, 0o700)

        def restarted(change):
            agent = programs.agent_of(alice)
            if agent:
                os.kill(agent, signal.SIGTERM)
                programs.wait_until(lambda: programs.agent_of(alice) is None)
            change()

        restarted(lambda: vault.write_bytes(good[:40]))
        self.expect(alice("whoami"), 40, "damaged")
        restarted(lambda: vault.write_bytes(good[:-1] + bytes([good[-1] ^ 1])))
        self.expect(alice("whoami"), 40, "damaged")
        restarted(lambda: (vault.write_bytes(good), vault.chmod(0o644)))
        self.expect(alice("whoami"), 43, "no_permission")
        restarted(lambda: (vault.chmod(0o600)))
        self.expect(alice("whoami"), 0)
        restarted(vault.unlink)
        self.expect(alice("whoami"), 40, "damaged")

    def test_a_full_disk_loses_nothing(self):
        """No file may grow, so nothing can be written to the write-ahead log."""
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "before")

        def full():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

        self.expect(alice("send", bob.name, "x" * 50000, preexec=full), 46, "disk_full")
        self.expect(bob("receive", preexec=full), 46, "disk_full")
        self.sent(alice, bob, "after")
        self.received(bob, "before", "after")

    def test_configuration(self):
        alice = self.person("alice", register=False)
        config = self.folder / "client.conf"
        config.write_text(f"[server]\nsignaling_host = 127.0.0.1\nsignaling_port = {self.server.port}\n"
                          f"[user]\nusername = {alice.name}\nprofile = {alice.profile}\n")
        self.expect(alice("--config", config, "register"), 0)
        for wrong in ("[user]\nnonsense = 1\n", "[usr]\nusername = x\n"):
            config.write_text(wrong)
            self.expect(alice("--config", config, "whoami"), 2, "usage")
        # Levels are printed in one form, and taken in both.
        config.write_text("[user]\nminimum_level = quantum-resistant\n")
        for level in ("enhanced", "QUANTUM_RESISTANT", "quantum-resistant"):
            answer = self.expect(alice("--config", config, "--minimum-level", level, "whoami"), 0)
        self.assertEqual(answer.objects[0]["minimum_level"], "QUANTUM_RESISTANT")
        self.expect(alice("--config", self.folder / "none.conf", "whoami"), 47, "missing")


if __name__ == "__main__":
    programs.main()
