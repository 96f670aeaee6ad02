#!/usr/bin/env python3
"""THREATS 23: looks for the key agent's secrets in all that clients and server hold after people wrote to each other.

    secret_search.py FOLDER_OF_PROGRAMS SECRET_SEARCH

The needles are the private keys in the vaults of two profiles, one with a passphrase, one that opens unattended, the passphrase and
the key file; not what the server knows, which is public. They are looked for in the memory of a client that follows its
messages (so in any core of it), in the server's memory, and in every log, output and file. That the search finds what is
there is shown with the agent's own memory, and with the database's key, which the client has by right.
"""

import hashlib
import os
import pathlib
import re
import secrets
import sqlite3
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from pqc_programs import COMMAND_SECONDS, Failure, Programs, lines_of, need  # noqa: E402

FOLLOW_SECONDS = 30


def public_values(data):
    """All values of the server's databases: keys, records, signatures, addresses, sealed bytes."""
    for database in data.rglob("*.db"):
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield from (value if isinstance(value, bytes) else str(value).encode() for value in row)
        for (record,) in connection.execute("SELECT record FROM account"):
            # Its hash is that of its content, which stands behind its length (docs/spec/identity.md §6).
            yield hashlib.sha512(record[3 : 3 + int.from_bytes(record[:3], "big")]).digest()


def agent_of(folder):
    """The process of the agent that serves a key folder."""
    for process in pathlib.Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if arguments[0].endswith(b"pqc-chat-keyd") and os.fsencode(folder) in arguments:
            return process.name
    raise Failure(f"no agent serves {folder}")


class Search:
    def __init__(self, program, programs, public):
        self.program, self.programs, self.public = program, programs, public

    def run(self, profile, passphrase, places):
        """(needles, places with the database's key, what was found)"""
        command = [self.program, self.programs.root / profile / "keys", passphrase, self.public, *places]
        ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=COMMAND_SECONDS)
        match = re.match(r"needles=(\d+) rightful=(\d+)(.*)", ran.stdout)
        need(match, f"the search fails: {ran.stderr}{ran.stdout}")
        return int(match[1]), int(match[2]), match[3].strip()


def files_below(folder):
    """All but the key file, which is a secret by itself, and sockets."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "vault.key"]


def follow(programs, profile, passphrase_file, peer):
    """A client that has opened its profile and received a message."""
    output = programs.root / f"{profile}.err"
    with open(output, "wb") as errors:
        client = programs.spawn(programs.client(profile, "receive", "--follow", "--json", *passphrase_file),
                                stdout=subprocess.PIPE, stderr=errors)
    programs.run(peer, "send", profile, "to the one who follows")
    lines_of(client, lambda line: b"to the one who follows" in line, FOLLOW_SECONDS)
    return client


def memories(processes):
    """Those whose memory this user may read: they make themselves undumpable."""
    readable = []
    for process in processes:
        try:
            with open(f"/proc/{process.pid}/mem", "rb"):
                readable.append(str(process.pid))
        except OSError:
            print(f"the memory of process {process.pid} is not searched: this user may not read it")
    return readable


def search(programs, program, passphrase):
    passphrase_file = programs.root / "passphrase"
    passphrase_file.write_text(passphrase + "\n")
    passphrase_file.chmod(0o600)
    with_passphrase = ["--passphrase-file", passphrase_file]
    programs.start_server()
    programs.register("anna", *with_passphrase)
    programs.register("otto")
    programs.run("anna", "send", "otto", "first", *with_passphrase)
    programs.run("otto", "receive")
    client = follow(programs, "anna", with_passphrase, "otto")
    passphrase_file.unlink()

    public = programs.root / "public"
    public.write_bytes(b"\0".join(public_values(programs.data)))
    pids = memories([client, programs.server])
    places = pids + [f"/proc/{client.pid}/cmdline", f"/proc/{client.pid}/environ"]
    places += [path for path in files_below(programs.root) if path != public]
    looking = Search(program, programs, public)
    for profile, secret in (("anna", passphrase), ("otto", "")):
        count, rightful, found = looking.run(profile, secret, places)
        need(count > 1000, f"only {count} needles of {profile}: this shows nothing")
        need(not found, f"secrets of {profile}'s agent stand in {found}")
        if profile == "anna" and pids:
            need(rightful > 0, "the search does not even find the key of the database in the client that has it open")
            _, _, in_agent = looking.run(profile, secret, [agent_of(programs.root / profile / "keys")])
            need(in_agent, "the search does not even find the agent's secrets in the agent")
        print(f"none of {count} pieces of {profile}'s secrets in {len(places)} memories and files")


def main():
    passphrase = "planted " + secrets.token_hex(24)
    try:
        with Programs(pathlib.Path(sys.argv[1]).resolve()) as programs:
            search(programs, sys.argv[2], passphrase)
    except Failure as failure:
        sys.exit(f"secret_search: {failure}")


main()
