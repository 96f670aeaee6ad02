"""A call between two real clients through a real server."""

import json
import signal
import subprocess
import threading

from pqc_programs import Programs, end_agents, need

SECONDS = 30


class OurCall:
    """A call that is up in the `with` block, both sides with these options; `pids` are the processes of the people."""

    def __init__(self, programs, sound, options=()):
        self.programs, self.sound, self.options = programs, sound, options
        self.processes = {}
        self.last = {}

    def _start(self, name, *command):
        words = self.programs.client(name, *command, "--audio-in", f"Monitor of {name}_mic", "--audio-out", f"{name}_ear",
                                     *self.options, "--json")
        process = self.programs.spawn(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.sound.environment, text=True)
        self.processes[name] = process
        active = threading.Event()

        def read():
            for line in process.stdout:
                self.last[name] = json.loads(line)
                if self.last[name].get("phase") == "active":
                    active.set()
        threading.Thread(target=read, daemon=True).start()
        return active

    def __enter__(self):
        answered = self._start("bob", "answer", "--auto")
        up = self._start("alice", "call", "bob")
        need(up.wait(SECONDS) and answered.wait(SECONDS), f"the call does not come up: {self.last}")
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes.values()):
            process.send_signal(signal.SIGINT)
        for process in self.processes.values():
            process.wait(SECONDS)

    @property
    def pids(self):
        return {name: process.pid for name, process in self.processes.items()}


def two_who_know_each_other(programs):
    programs.start_server()
    for name in ("alice", "bob"):
        programs.register(name)
    programs.run("alice", "send", "bob", "hello")
    programs.run("bob", "receive")
    programs.run("bob", "send", "alice", "hello yourself")
    programs.run("alice", "receive")
