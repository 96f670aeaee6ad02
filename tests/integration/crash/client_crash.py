#!/usr/bin/env python3
"""Kills sending and receiving clients, and their key agents, with SIGKILL at random moments; their stores must lose nothing
and double nothing.

    client_crash.py FOLDER_OF_PROGRAMS KILLS|soak [SEED]

Alice's processes send messages and some are killed, while bob's receiver is killed and started again, and now and then
the agent of one of them, which the next request starts anew. What
a `send` reported as accepted by the server must be in bob's history exactly once, in the order of sending; what a killed
`send` left behind must be there once or not at all. `soak` takes the number of kills from PQC_SOAK_KILLS.
"""

import os
import pathlib
import random
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from pqc_programs import COMMAND_SECONDS, Failure, Programs, end_agents, kill, need  # noqa: E402

# A whole `send` takes about this long; a kill may hit any part of it.
LONGEST_LIFE_MS = 50
QUEUED = 15
HISTORY = "10000"


class Conversation:
    def __init__(self, programs, seed):
        self.programs = programs
        self.random = random.Random(seed)
        self.written = 0
        self.accepted = []  # texts whose `send` ended well, in order
        self.killed = []  # texts whose `send` was killed
        self.receiver = None
        self.kills = 0

    def send(self, may_die=True):
        """One `send`, whole or killed on its way."""
        self.written += 1
        text = f"message {self.written}"
        process = self.programs.spawn(self.programs.client("alice", "send", "bob", text),
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if may_die and self.random.random() < 0.4:
            self.let_live(process)
            if process.poll() is None:
                kill(process)
                self.kills += 1
                self.killed.append(text)
                return
        errors = process.communicate(timeout=COMMAND_SECONDS)[1]
        need(process.returncode in (0, QUEUED), f"send ends with {process.returncode}: {errors.decode()}")
        (self.accepted if process.returncode == 0 else self.killed).append(text)

    def let_live(self, process):
        """Gives it a random part of a life; the moment is the experiment, nothing waits for it."""
        try:
            process.wait(self.random.uniform(0, LONGEST_LIFE_MS / 1000))
        except subprocess.TimeoutExpired:
            pass

    def restart_receiver(self):
        if self.receiver is not None and self.receiver.poll() is None:
            kill(self.receiver)
            self.kills += 1
        self.receiver = self.programs.spawn(self.programs.client("bob", "receive", "--follow", "--json"),
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def greet(self):
        """Both know each other: from here the ratchet turns, and receipts come."""
        self.send(may_die=False)
        self.programs.run("bob", "receive")
        self.programs.run("bob", "send", "alice", "hello")
        self.programs.run("alice", "receive")

    def go_on(self):
        if self.receiver is None or self.random.random() < 0.2:
            self.restart_receiver()
        if self.random.random() < 0.1:
            self.kills += end_agents(self.programs.root / self.random.choice(("alice", "bob")), signal.SIGKILL)
        self.send()

    def settle(self):
        """Kills nothing any more: what alice's store holds goes out, and bob takes it in."""
        kill(self.receiver)
        self.programs.run("alice", "receive")
        self.programs.run("bob", "receive")

    def texts(self, who, peer, direction):
        rows = self.programs.run(who, "history", peer, "--limit", HISTORY)
        return [row["text"] for row in rows if row["direction"] == direction]

    def check(self):
        arrived = self.texts("bob", "alice", "in")
        stored = self.texts("alice", "bob", "out")
        for text in set(arrived):
            need(arrived.count(text) == 1, f"bob has {arrived.count(text)} times: {text}")
        for text in self.accepted:
            need(text in arrived, f"accepted, but bob never got: {text}")
        reported = set(self.accepted)
        need([text for text in arrived if text in reported] == self.accepted, "the order is not that of sending")
        need(set(arrived) <= reported | set(self.killed), "bob has what alice never wrote")
        # A killed `send` either left its message in alice's store, and then it went out, or it left nothing.
        need(arrived == stored, f"alice's store and bob's differ: {set(stored) ^ set(arrived)}")


def play(folder, kills, seed):
    with Programs(folder) as programs:
        programs.start_server()
        programs.register("alice")
        programs.register("bob")
        conversation = Conversation(programs, seed)
        conversation.greet()
        while conversation.kills < kills:
            conversation.go_on()
        conversation.settle()
        conversation.check()
        # The sessions of both stand: a fresh message goes both ways.
        programs.run("bob", "send", "alice", "the last word")
        need(any(row.get("text") == "the last word" for row in programs.run("alice", "receive")),
             "alice gets nothing from bob afterwards")
        print(f"{conversation.kills} kills: {len(conversation.accepted)} messages accepted, {len(conversation.killed)} sends "
              f"killed or left queued; bob has each once, in order")


def main():
    kills = int(os.environ.get("PQC_SOAK_KILLS", "200")) if sys.argv[2] == "soak" else int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    try:
        play(sys.argv[1], kills, seed)
    except Failure as failure:
        sys.exit(f"client_crash: {failure} (seed {seed})")


main()
