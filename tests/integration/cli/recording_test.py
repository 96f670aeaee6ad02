"""A call is recorded: who is told, what is in the file, what a crash leaves of it."""

import array
import json
import pathlib
import shutil
import signal
import stat
import sys
import wave

import calls_test
import programs
from programs import Case

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import waves


def split(path):
    """The two channels of a WAV file, as files beside it: what was said and what was heard."""
    with wave.open(str(path), "rb") as file:
        samples = array.array("h", file.readframes(file.getnframes()))
        assert (file.getnchannels(), file.getframerate()) == (2, 48_000)
    out = []
    for channel, name in enumerate(("said", "heard")):
        out.append(path.with_name(f"{path.stem}-{name}.wav"))
        with wave.open(str(out[-1]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(48_000)
            file.writeframes(samples[channel::2].tobytes())
    return out


class Recording(Case):
    contacts = calls_test.Calls.contacts
    ended = calls_test.Calls.ended

    def talk(self, alice, bob, calling_options=(), answering_options=()):
        """Alice calls bob, who answers. Both processes, once alice's has said what she has to say."""
        folder = alice.profile.parent
        self.speech, self.answer = folder / "speech.wav", folder / "answer.wav"
        waves.write_speech(self.speech, 3)
        waves.write_speech(self.answer, 2, seed=8)
        answering = bob.start("answer", "--auto", "--audio-in", self.answer, "--audio-out", folder / "heard.wav",
                              *answering_options)
        calling = alice.start("call", bob.name, "--audio-in", self.speech, "--audio-out", folder / "back.wav",
                              *calling_options)
        self.told = []
        for line in programs.lines_of(calling):
            self.told.append(json.loads(line))
            if self.told[-1].get("played_ms", 0) > 4500:
                return calling, answering

    def heard_in(self, sound, said, heard):
        for channel, original in zip(split(sound), (said, heard)):
            self.assertGreater(waves.likeness(waves.read(original), waves.read(channel)), 0.8, channel.name)

    def test_who_calls_records_and_the_other_side_is_told(self):
        alice, bob = self.contacts("alice", "bob")
        folder = alice.profile.parent
        record, sound = folder / f"{alice.name}.pqcrec", folder / f"{alice.name}-call.wav"
        # A place where no recording can be is refused before anybody rings.
        taken = folder / "taken"
        taken.write_text("mine")
        for place, code, name in ((taken, 2, "usage"), (folder, 2, "usage"), (folder / "nowhere" / "a", 47, "missing")):
            self.expect(alice("call", bob.name, "--record", place), code, name)
            self.expect(alice("answer", "--auto", "--record", place), code, name)
        self.assertEqual(taken.read_text(), "mine")
        self.expect(bob("receive"), 0)
        self.assertEqual(self.expect(bob("calls"), 0).objects, [])

        calling, answering = self.talk(alice, bob, ("--record", record))
        self.assertEqual(self.told[-1]["recording"], "on")
        self.assertEqual({call["recorded"] for call in self.told if "recorded" in call}, {"none"})
        self.expect(alice("hangup"), 0)
        over = self.expect(self.ended(calling), 0).objects[-1]
        self.assertEqual((over["outcome"], over["recording"], over["recorded"]), ("completed", "ended", "none"))
        answering.send_signal(signal.SIGINT)
        theirs = self.expect(self.ended(answering), 0).of_type("call")
        self.assertIn(("active", "on"), [(call["phase"], call["recorded"]) for call in theirs if "recorded" in call])
        self.assertEqual((theirs[-1]["recorded"], theirs[-1]["recording"]), ("ended", "none"))

        made = self.expect(alice("recording", "export", record, sound), 0).objects[-1]
        self.assertEqual((made["type"], made["complete"], made["call"]), ("recording", True, over["id"]))
        self.assertIn(bob.name, made["peer"])
        self.heard_in(sound, self.speech, self.answer)
        for file in (record, sound):
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        # Nothing is replaced, nothing opens for others.
        self.expect(alice("recording", "export", record, sound), 2, "usage")
        copy = folder / "copy.pqcrec"
        shutil.copy(record, copy)
        self.expect(bob("recording", "export", copy, folder / "stolen.wav"), 45, "wrong_key")
        damaged = bytearray(record.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        copy.write_bytes(damaged)
        self.expect(alice("recording", "export", copy, folder / "damaged.wav"), 40, "damaged")
        self.assertFalse((folder / "damaged.wav").exists() or (folder / "stolen.wav").exists())

    def test_a_killed_program_leaves_what_was_said_until_then(self):
        alice, bob = self.contacts("alice", "bob")
        folder = alice.profile.parent
        record, sound = folder / f"{alice.name}.pqcrec", folder / f"{alice.name}-call.wav"
        calling, answering = self.talk(alice, bob, answering_options=("--record", record))
        self.assertEqual(self.told[-1]["recorded"], "on")
        programs.kill(answering)
        self.expect(alice("hangup"), 0)
        self.assertEqual(self.expect(self.ended(calling), 0).objects[-1]["recorded"], "ended")
        made = self.expect(bob("recording", "export", record, sound), 0).objects[-1]
        self.assertFalse(made["complete"])
        self.assertGreater(made["length_ms"], 2500)
        self.heard_in(sound, self.answer, self.speech)


if __name__ == "__main__":
    programs.main()
