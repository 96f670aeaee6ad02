"""Two people call each other: real server, real programs, WAV files for microphones and loudspeakers."""

import json
import pathlib
import signal
import sqlite3
import subprocess
import sys

import programs
from programs import Case

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import known_leaks
import waves

known_leaks.name(__file__)


class Calls(Case):
    def contacts(self, *names):
        people = [self.person(name) for name in names]
        first = people[0]
        for other in people[1:]:
            self.sent(first, other, "hello")
            self.received(other, "hello")
            self.sent(other, first, "hello yourself")
            self.received(first, "hello yourself")
        return people

    @staticmethod
    def sounds(person):
        """Options for a microphone and a loudspeaker of one's own."""
        speech = person.profile.parent / "said.wav"
        if not speech.exists():
            waves.write_speech(speech, 1)
        return "--audio-in", speech, "--audio-out", person.profile.parent / f"{person.name}.wav"

    def until(self, process, phase):
        """The first object of a program with this phase."""
        objects = (json.loads(line) for line in programs.lines_of(process))
        return next(found for found in objects if found.get("phase") == phase)

    def last_goes_on(self, person):
        last = self.expect(person("calls"), 0).objects[-1]
        return last.get("goes_on", False) and "outcome" in last  # which means nothing yet, but was always there

    def ended(self, process):
        """The objects that are left of a program that ends."""
        out, err = process.communicate(timeout=programs.TIMEOUT)
        return programs.Answer(process.returncode, out, err)

    def test_what_one_says_the_other_hears(self):
        alice, bob = self.contacts("alice", "bob")
        folder = alice.profile.parent
        speech, heard = folder / "speech.wav", folder / "heard.wav"
        waves.write_speech(speech, 4)
        waves.write_speech(folder / "answer.wav", 1)
        answering = bob.start("answer", "--auto", "--audio-in", folder / "answer.wav", "--audio-out", heard)
        calling = alice.start("call", bob.name, "--audio-in", speech, "--audio-out", folder / "back.wav")
        seconds = 0
        for line in programs.lines_of(calling):
            seconds += '"phase":"active"' in line
            if seconds > 6:  # one a second
                break
        self.assertTrue(self.expect(alice("mute", "on"), 0).objects[0]["muted"])
        self.assertFalse(self.expect(alice("mute"), 0).objects[0]["muted"])
        self.expect(alice("hangup"), 0)
        over = self.expect(self.ended(calling), 0).objects[-1]
        self.assertEqual((over["phase"], over["outcome"], over["path"]), ("over", "completed", "direct"))
        answering.send_signal(signal.SIGINT)
        theirs = self.expect(self.ended(answering), 0).objects
        self.assertEqual(theirs[-1]["outcome"], "completed")
        self.assertEqual(theirs[-1]["words"], over["words"])
        for person in (alice, bob):
            record = self.expect(person("calls"), 0).objects[-1]
            self.assertEqual((record["id"], record["outcome"], record["path"]), (over["id"], "completed", "direct"))
        self.assertGreater(waves.likeness(waves.read(speech), waves.read(heard)), 0.8)
        self.assertGreater(waves.likeness(waves.read(folder / "answer.wav"), waves.read(folder / "back.wav")), 0.8)
        for command in ("hangup", "mute", "decline", "answer"):
            self.expect(alice(command), 67, "no_call")

    def test_a_call_is_declined_from_another_terminal(self):
        alice, bob = self.contacts("alice", "bob")
        # For people: they are told what to do.
        command = [word for word in bob.command("receive", "--follow") if word != "--json"]
        connected = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        calling = alice.start("call", bob.name, *self.sounds(alice))
        self.until(calling, "rings_there")
        self.assertEqual(programs.line_of(connected, connected.stderr),
                         f"{alice.name}@test calls: pqc-chat answer, or pqc-chat decline\n")
        # It rings on where the sound cannot go where it should.
        self.expect(bob("answer", "--audio-out", "/nowhere/heard.wav"), 47, "missing")
        self.expect(bob("decline"), 0)
        self.assertEqual(self.expect(self.ended(calling), 61, "call_declined").objects[-1]["outcome"], "declined")
        self.assertEqual(programs.line_of(connected, connected.stderr), f"{alice.name}@test: declined\n")
        self.assertEqual(self.expect(bob("calls"), 0).objects[-1]["outcome"], "declined")
        # Of one that rings no more for another reason it is said too.
        calling = alice.start("call", bob.name, *self.sounds(alice))
        self.assertIn("calls: pqc-chat answer", programs.line_of(connected, connected.stderr))
        calling.send_signal(signal.SIGINT)
        self.assertEqual(programs.line_of(connected, connected.stderr), f"{alice.name}@test: missed\n")
        self.ended(calling)
        # And of one that was answered here, how it went: one line, at its end.
        calling = alice.start("call", bob.name, *self.sounds(alice))
        self.assertIn("calls: pqc-chat answer", programs.line_of(connected, connected.stderr))
        answering = bob.start("answer", *self.sounds(bob))
        self.until(answering, "active")
        self.expect(bob("hangup"), 0)
        self.assertRegex(programs.line_of(connected, connected.stderr), f"^{alice.name}@test: ended after 0:")
        self.ended(answering)
        self.ended(calling)
        connected.terminate()
        connected.communicate(timeout=programs.TIMEOUT)

    def test_one_call_at_a_time(self):
        alice, bob, carol = self.contacts("alice", "bob", "carol")
        connected = bob.start("receive", "--follow", "--keep")
        calling = alice.start("call", bob.name, *self.sounds(alice))
        self.until(calling, "rings_there")
        self.assertTrue(self.last_goes_on(alice))
        self.assertTrue(self.last_goes_on(bob))
        self.expect(alice("call", carol.name, *self.sounds(alice)), 68, "in_call")
        self.sent(carol, bob, "may I call?")
        self.sent(bob, carol, "yes")
        self.received(carol, "yes")
        self.expect(carol("call", bob.name, *self.sounds(carol)), 60, "call_busy")
        calling.send_signal(signal.SIGINT)
        self.assertEqual(self.expect(self.ended(calling), 66, "call_cancelled").objects[-1]["outcome"], "cancelled")
        self.assertEqual(self.expect(alice("calls"), 0).objects[-1]["outcome"], "cancelled")
        connected.terminate()
        self.ended(connected)
        self.expect(alice("hangup"), 67, "no_call")

    def test_sound_that_cannot_be_is_refused_before_anybody_rings(self):
        alice, bob = self.contacts("alice", "bob")
        folder = alice.profile.parent
        (folder / "folder.wav").mkdir(exist_ok=True)
        (folder / "text.wav").write_text("this is no sound")
        speech = self.sounds(alice)[1]
        for code, said, heard in ((47, "/nowhere.wav", folder / "heard.wav"), (2, folder / "text.wav", folder / "heard.wav"),
                                  (47, speech, "/nowhere/heard.wav"), (47, speech, folder / "folder.wav"),
                                  (47, speech, "a loudspeaker that nobody has"), (47, "no microphone", folder / "heard.wav")):
            self.expect(alice("call", bob.name, "--audio-in", said, "--audio-out", heard), code)
            self.assertFalse((folder / "heard.wav").exists())
        self.expect(alice("answer", "--auto", "--audio-in", speech, "--audio-out", "/nowhere/heard.wav"), 47, "missing")
        self.expect(bob("receive"), 0)
        self.assertEqual(self.expect(bob("calls"), 0).objects, [])
        self.assertEqual(self.expect(alice("calls"), 0).objects, [])

    def test_devices_are_those_that_a_person_would_choose(self):
        folder = self.folder / "alsa"
        folder.mkdir()
        (folder / "asound.conf").write_text(
            'pcm.!default { type null hint { show on description "the default" } }\n'
            'pcm.effect { type null hint { show on description "an effect" } }\n')
        nobody = programs.Person(folder, "nobody")
        alsa = {"ALSA_CONFIG_PATH": str(folder / "asound.conf"), "PULSE_SERVER": f"unix:{folder}/nowhere"}

        def listed(*options):
            found = self.expect(nobody("devices", "audio", *options, environment=alsa), 0).objects
            return [(device["use"], device["name"], device["default"], device["plugin"]) for device in found]

        chosen = [(use, "the default", True, False) for use in ("in", "out")]
        self.assertEqual(listed(), chosen)
        self.assertEqual(sorted(listed("--all")), sorted(chosen + [(use, "an effect", False, True) for use in ("in", "out")]))

    def test_a_command_that_takes_an_offer_in_leaves_the_call_to_ring(self):
        alice, bob = self.contacts("alice", "bob")

        def call():
            known = len(self.expect(bob("calls"), 0).objects)
            calling = alice.start("call", bob.name, *self.sounds(alice))
            programs.wait_until(lambda: bob("receive").code == 0 and len(bob("calls").objects) > known)
            return calling

        calling = call()
        self.assertTrue(self.last_goes_on(bob))  # no program of bob's has it: it waits
        answering = bob.start("answer", *self.sounds(bob))
        self.until(answering, "active")
        self.until(calling, "active")
        self.assertTrue(self.last_goes_on(alice) and self.last_goes_on(bob))
        self.expect(bob("hangup"), 0)
        self.expect(self.ended(calling), 0)
        self.expect(self.ended(answering), 0)
        self.assertEqual(self.expect(bob("calls"), 0).objects[-1]["outcome"], "completed")
        # Where the caller has given up meanwhile, there is nothing to answer.
        calling = call()
        calling.send_signal(signal.SIGINT)
        self.expect(self.ended(calling), 66, "call_cancelled")
        self.expect(bob("answer", *self.sounds(bob)), 67, "no_call")
        self.assertEqual(self.expect(bob("calls"), 0).objects[-1]["outcome"], "missed")

    def test_who_answers_waits_for_a_command_that_holds_the_profile(self):
        alice, bob = self.contacts("alice", "bob")
        holding = bob.start("receive", "--wait", 60)
        calling = alice.start("call", bob.name, *self.sounds(alice))
        programs.wait_until(lambda: bob("calls").objects)
        answering = bob.start("answer", *self.sounds(bob))
        holding.terminate()
        self.ended(holding)
        for each in (calling, answering):
            self.until(each, "active")
        calling.send_signal(signal.SIGINT)
        self.expect(self.ended(calling), 0)
        self.expect(self.ended(answering), 0)

    def test_changed_keys_end_the_call(self):
        server = programs.Server(self.folder / "changed")
        self.addCleanup(server.stop)
        alice, bob = self.person("alice", server=server), self.person("bob", server=server)
        self.sent(alice, bob, "hello")
        self.received(bob, "hello")
        self.sent(bob, alice, "hello yourself")
        self.received(alice, "hello yourself")
        answering = bob.start("answer", "--auto", *self.sounds(bob))
        calling = alice.start("call", bob.name, *self.sounds(alice))
        self.until(calling, "active")
        # Somebody else gets bob's name: to alice it is a bob with other keys. What was said so far was said to bob.
        server.stop()
        with sqlite3.connect(server.database) as database:
            database.execute("UPDATE account SET name = 'gone' WHERE name LIKE ?", (f"{bob.name}%",))
        server.start()
        other = programs.Person(self.folder / "another", bob.name)
        other.profile.parent.mkdir(exist_ok=True)
        self.expect(other.register(server), 0)
        self.sent(other, alice, "I am bob, believe me")
        over = self.until(calling, "over")
        self.assertEqual((over["outcome"], "in doubt" in over["why"]), ("completed", True))
        self.ended(calling)
        self.assertEqual(self.until(answering, "over")["outcome"], "completed")
        programs.kill(answering)
        self.expect(alice("call", bob.name, *self.sounds(alice)), 24, "identity_changed")

    def test_a_locked_profile_calls_nobody(self):
        secret = self.folder / "secret"
        secret.write_text("correct horse\n")
        secret.chmod(0o600)
        alice = self.person("alice", "--passphrase-file", secret)
        self.expect(alice("lock"), 0)
        for command in (("call", "bob", *self.sounds(alice)), ("answer",), ("decline",), ("hangup",), ("mute",), ("calls",)):
            self.expect(alice(*command), 48, "locked")


if __name__ == "__main__":
    programs.main()
