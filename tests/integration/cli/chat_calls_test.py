"""Calls inside a chat, with sound devices: one person at a terminal, the other one behind pipes as a script is."""

import fcntl
import itertools
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import programs
from programs import Case

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
from pulse import TONE, TONE_LEVEL, PulseServer

COLUMNS = 120
CUT = re.compile(rb"(\x1b(\[\d*)?)?$")
SEQUENCE = re.compile(r"\x1b\[(\d*)([A-Za-z])")


class Screen:
    """What a terminal shows: rows of text, and the one with the cursor."""

    def __init__(self):
        self.rows, self.row, self.column = [""], 0, 0

    def feed(self, text):
        at = 0
        while at < len(text):
            sequence = SEQUENCE.match(text, at)
            if sequence:
                self.obey(sequence[2], int(sequence[1] or 1))
                at = sequence.end()
                continue
            self.put(text[at])
            at += 1

    def obey(self, what, number):
        if what in "KJ":
            self.rows[self.row] = self.rows[self.row][:self.column]
            if what == "J":
                del self.rows[self.row + 1:]
        elif what == "A":
            self.row -= number
        elif what == "C":
            self.column += number

    def narrow(self, columns):
        """As terminals do that break what is too long into more rows; others cut it. The rows above what was last."""
        before, row = self.rows, self.row
        self.rows = []
        for number, text in enumerate(before):
            if number == row:
                self.row, self.column = len(self.rows) + self.column // columns, self.column % columns
            above = list(self.rows)
            self.rows += [text[at:at + columns] for at in range(0, max(1, len(text)), columns)]
        return above

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
            self.rows += [""] * (self.row + 1 - len(self.rows))
        else:
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[:self.column] + character + row[self.column + 1:]
            self.column += 1


class AtTerminal:
    """A program at a terminal."""

    def __init__(self, test, person, *arguments):
        self.test, self.screen, self.text = test, Screen(), b""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        command = [word for word in person.command(*arguments) if word != "--json"]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        test.addCleanup(os.close, self.master)
        test.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        return self.process.wait(programs.TIMEOUT)

    def type(self, text):
        os.write(self.master, text.encode())

    @property
    def rows(self):
        return self.screen.rows

    def until(self, shown):
        """Until the rows are such."""
        end = time.monotonic() + programs.TIMEOUT
        while not shown(self.rows):
            self.test.assertTrue(select.select([self.master], [], [], max(0, end - time.monotonic()))[0], self.rows)
            self.text += os.read(self.master, 4096)
            # A sequence that is not whole yet waits for its end.
            whole = CUT.search(self.text).start()
            self.screen.feed(self.text[:whole].decode(errors="replace"))
            self.text = self.text[whole:]

    def until_said(self, text):
        self.until(lambda rows: any(text in row for row in rows))

    def until_bottom(self, live, typed):
        """The last two rows: what is typed, with the cursor, and how the call stands."""
        self.until(lambda rows: self.screen.row == len(rows) - 2 and re.search(live, rows[-1]) and rows[-2].rstrip() == typed)

    def narrow_until(self, columns, live):
        """Narrows it until the line of the call fits, in the last row and with nothing left of what was longer."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        above = len(self.screen.narrow(columns))
        self.until(lambda rows: len(rows) == above + 1 and re.search(live, rows[-1]) and len(rows[-1]) < columns)


class AtPipes:
    """A chat whose lines a script writes and reads."""

    def __init__(self, test, person, *arguments):
        self.process = person.start("chat", *arguments, stdin=subprocess.PIPE)
        self.test, self.objects = test, []
        test.addCleanup(programs.kill, self.process)
        test.addCleanup(self.process.stdin.close)

    def type(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def until(self, **wanted):
        """The next object with these members."""
        for line in programs.lines_of(self.process):
            found = json.loads(line)
            self.objects.append(found)
            if wanted.items() <= found.items():
                return found


class ChatCalls(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sound = PulseServer(cls.folder / "sound")
        os.environ.update(cls.sound.environment)
        programs.wait_until(cls.sound.answers)

    @classmethod
    def tearDownClass(cls):
        cls.sound.stop()
        super().tearDownClass()

    def contacts(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "hello")
        self.received(bob, "hello")
        self.sent(bob, alice, "hello yourself")
        self.received(alice, "hello yourself")
        return alice, bob

    def chats(self):
        alice, bob = self.contacts()
        there = AtPipes(self, bob, alice.name)
        here = AtTerminal(self, alice, "chat", bob.name)
        here.until_said("/help for help")
        there.until(type="info")
        return alice, bob, here, there

    def test_a_call_while_people_write(self):
        alice, bob, here, there = self.chats()
        here.type("/call\r")
        call = there.until(type="call", phase="rings_here")
        here.until_bottom(rf"it rings at {bob.name}", ">")
        there.type("/answer\n")
        self.assertEqual(there.until(type="call", phase="active")["id"], call["id"])
        # It is redrawn above what is being typed, which stays as it is.
        here.type("half a li")
        here.until_bottom(rf"{bob.name}@test  0:0[1-9]  words: \w+ \w+  direct  round trip .* jitter .* loss", "> half a li")
        there.type("still here\n")
        here.until_said("still here")
        here.until_bottom("direct", "> half a li")
        here.type("ne\r")
        there.until(type="message", direction="in", text="half a line")
        here.type("/mute\r")
        here.until_bottom(r"  words: \w+ \w+  muted  ", ">")
        there.type("/mute on\n")
        self.assertTrue(there.until(type="call", phase="active", muted=True))
        there.type("/mute off\n")
        self.assertTrue(there.until(type="call", phase="active", muted=False))
        words = re.search(r"words: (\w+ \w+)", here.rows[-1])[1]
        for columns in (80, 30):
            here.narrow_until(columns, rf"^{bob.name}@test  0:\d\d")
        self.assertEqual(sum("half a line" in row for row in here.rows), 1)
        here.type("/hangup\r")
        over = there.until(type="call", phase="over")
        self.assertEqual((over["outcome"], over["words"]), ("completed", words))
        here.until_said(f"-- {bob.name}@test: ended after 0:0")
        here.until(lambda rows: rows[-1].rstrip() == ">" and f"{bob.name}@test: ended after 0:0" in rows[-2])
        here.type("/quit\r")
        self.assertEqual(here.process.wait(programs.TIMEOUT), 0)
        self.assertEqual(self.expect(alice("calls"), 0).objects[-1]["outcome"], "completed")

    def test_what_cannot_be_done_is_said(self):
        alice, bob, here, there = self.chats()
        for command in ("/hangup", "/mute", "/answer", "/decline"):
            there.type(command + "\n")
            self.assertRegex(there.until(type="info")["text"], "there is no call|Nobody calls")
        there.type("/mute perhaps\n")
        self.assertRegex(there.until(type="info")["text"], "/mute on")
        there.type("/call\n")
        here.until_said(f"-- {bob.name}@test calls: /answer, or /decline")
        here.until_bottom("calls: /answer, or /decline", ">")
        there.type("/call\n")
        self.assertRegex(there.until(type="info")["text"], "a call already")
        here.type("/decline\r")
        self.assertEqual(there.until(type="call", phase="over")["outcome"], "declined")
        here.until(lambda rows: rows[-1].rstrip() == ">" and rows[-2].endswith(": declined"))

    def test_a_call_is_recorded(self):
        alice, bob, here, there = self.chats()
        folder = alice.profile.parent
        mine, theirs = folder / f"{alice.name} call.pqcrec", folder / f"{bob.name}.pqcrec"
        here.type(f"/call --record {folder}\r")
        here.until_said("a recording replaces nothing")
        here.type(f"/call --record '{mine}'\r")
        there.until(type="call", phase="rings_here")
        there.type("/answer somehow\n")
        self.assertRegex(there.until(type="info")["text"], "--record FILE")
        there.type(f"/answer --record {theirs}\n")
        there.until(type="call", phase="active", recording="on", recorded="on")
        here.until_bottom(r"  words: \w+ \w+  THEY RECORD THIS CALL  you record this call  ", ">")
        here.type("/hangup\r")
        there.until(type="call", phase="over", outcome="completed")
        here.until_said(", they recorded it, you recorded it")
        here.type("/quit\r")
        self.assertEqual(here.process.wait(programs.TIMEOUT), 0)
        there.type("/quit\n")
        there.process.wait(programs.TIMEOUT)
        for person, record in ((alice, mine), (bob, theirs)):
            made = self.expect(person("recording", "export", record, record.with_suffix(".wav")), 0).objects[-1]
            self.assertTrue(made["complete"])

    def test_a_call_in_the_foreground(self):
        alice, bob = self.contacts()
        there = AtPipes(self, bob, alice.name)
        there.until(type="info")
        here = AtTerminal(self, alice, "call", bob.name)
        there.until(type="call", phase="rings_here")
        there.type("/answer\n")
        here.until(lambda rows: re.search(r"  0:0[1-9]  words: \w+ \w+  direct  round trip", rows[-1]))
        here.narrow_until(40, rf"^{bob.name}@test  0:\d\d")
        here.process.send_signal(signal.SIGINT)
        there.until(type="call", phase="over", outcome="completed")
        here.until_said(f"{bob.name}@test: ended after 0:0")
        self.assertEqual(here.process.wait(programs.TIMEOUT), 0)
        self.assertFalse(any("round trip" in row for row in here.rows))

    def test_sound_goes_as_the_microphone_gives_it_where_the_user_wants_that(self):
        alice, bob = self.contacts()

        def of_a_tone(how):
            """How loud what is said was lately, once there is sound."""
            answering = bob.start("answer", "--auto")
            self.addCleanup(programs.kill, answering)
            calling = alice.start("call", bob.name, "--audio-in", TONE, "--voice-processing", how)
            self.addCleanup(programs.kill, calling)
            heard = (level for line in calling.stdout if (level := json.loads(line).get("level_in")))
            levels = list(itertools.islice(heard, 1, 6))  # the first may be of a block that is not whole
            self.assertEqual(len(levels), 5)
            for process in (calling, answering):
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=programs.TIMEOUT)
            return levels

        self.assertTrue(all(abs(level - TONE_LEVEL) < 10 for level in of_a_tone("off")))
        self.assertTrue(any(abs(level - TONE_LEVEL) > 30 for level in of_a_tone("on")))


if __name__ == "__main__":
    if not PulseServer.installed():
        sys.exit(77)
    programs.main()
