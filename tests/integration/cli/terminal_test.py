"""The question for a passphrase at a real terminal: nothing that is typed shows, and the terminal is left as it was."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time

import programs
from programs import Case

QUESTION = b"Passphrase of the profile: "
NEW = b"New passphrase of the profile: "
AGAIN = b"The same once more: "


class Terminal:
    """A terminal, and a command that it controls. Standard input and output are no terminals."""

    def __init__(self, test, person, *arguments):
        self.test = test
        self.master, self.slave = pty.openpty()
        test.addCleanup(os.close, self.master)
        test.addCleanup(os.close, self.slave)
        self.shown = b""
        self.before = self.settings()
        test.assertTrue(self.echoes())
        self.process = person.start(*arguments, stdin=subprocess.DEVNULL, start_new_session=True,
                                    preexec_fn=lambda: fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0))
        test.addCleanup(programs.kill, self.process)

    def settings(self):
        return termios.tcgetattr(self.slave)

    def echoes(self):
        return bool(self.settings()[3] & termios.ECHO)

    def wait_for(self, text):
        end = time.monotonic() + programs.TIMEOUT
        while text not in self.shown:
            self.test.assertTrue(select.select([self.master], [], [], max(0, end - time.monotonic()))[0], self.shown)
            self.shown += os.read(self.master, 4096)
        self.shown = self.shown.split(text, 1)[1]

    def answer(self, question, text):
        self.wait_for(question)
        self.test.assertFalse(self.echoes())
        os.write(self.master, text)

    def end(self, code):
        out, err = self.process.communicate(timeout=programs.TIMEOUT)
        self.test.assertEqual(self.process.returncode, code, out + err)
        self.test.assertEqual(self.settings(), self.before)
        os.set_blocking(self.master, False)
        try:
            self.shown += os.read(self.master, 65536)
        except BlockingIOError:
            pass
        return self.shown


class Passphrases(Case):
    def locked_person(self):
        secret = self.folder / "secret"
        secret.write_text("correct horse\n")
        secret.chmod(0o600)
        alice = self.person("alice", "--passphrase-file", secret)
        self.expect(alice("lock"), 0)
        return alice

    def test_what_is_typed_opens_and_does_not_show(self):
        alice = self.locked_person()
        terminal = Terminal(self, alice, "unlock")
        terminal.answer(QUESTION, b"correct horse\n")
        self.assertNotIn(b"horse", terminal.end(0))
        self.expect(alice("whoami"), 0)

    def test_a_wrong_one_and_none_at_all(self):
        alice = self.locked_person()
        for typed, code in ((b"a guess\n", 45), (b"\n", 48), (b"\x04", 48)):
            terminal = Terminal(self, alice, "whoami")
            terminal.answer(QUESTION, typed)
            self.assertNotIn(b"guess", terminal.end(code))

    def test_a_new_one_is_asked_for_twice(self):
        alice = self.locked_person()
        for again, code in ((b"another\n", 45), (b"battery staple\n", 0)):
            terminal = Terminal(self, alice, "passphrase", "change")
            terminal.answer(QUESTION, b"correct horse\n")
            terminal.answer(NEW, b"battery staple\n")
            terminal.answer(AGAIN, again)
            shown = terminal.end(code)
            self.assertNotIn(b"staple", shown)
            self.assertNotIn(b"another", shown)
        self.expect(alice("lock"), 0)
        self.expect(alice("whoami", environment={"PQC_CHAT_PASSPHRASE": "battery staple"}), 0)

    def test_signals_leave_the_terminal_as_it_was(self):
        alice = self.locked_person()
        terminal = Terminal(self, alice, "unlock")
        terminal.answer(QUESTION, b"half an ans\x03")
        self.assertNotIn(b"half", terminal.end(-signal.SIGINT))
        for ending in (signal.SIGTERM, signal.SIGHUP):
            terminal = Terminal(self, alice, "unlock")
            terminal.wait_for(QUESTION)
            terminal.process.send_signal(ending)
            terminal.end(-ending)
        self.assertEqual(alice("whoami").code, 48)

    def test_after_a_stop_it_asks_again(self):
        alice = self.locked_person()
        terminal = Terminal(self, alice, "unlock")
        # Nobody in this session could continue it, so the kernel does not stop it (POSIX, orphaned process groups).
        terminal.answer(QUESTION, b"half an ans\x1a")
        terminal.answer(QUESTION, b"correct horse\n")
        self.assertNotIn(b"horse", terminal.end(0))


if __name__ == "__main__":
    programs.main()
