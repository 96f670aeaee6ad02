#!/usr/bin/env python3
"""Looks for planted plaintext in all that a server holds after two people wrote to each other through it.

    plaintext_search.py FOLDER_OF_PROGRAMS

The database with its write-ahead log, every other file of the data folder, the server's output and its memory are searched
for the texts, in the encodings that could stand there. That the search finds what is there is shown with the name of an account,
which the server has to know. The clients' profiles on disk are searched too: they are encrypted.
"""

import base64
import pathlib
import secrets
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from pqc_programs import Failure, Programs, need  # noqa: E402

CHUNK = 1 << 20


def encodings(text):
    """The text and what common encodings make of it, at each alignment of base64."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield text.encode("utf-16-le")
    yield raw[::-1]
    for shift in range(3):
        # Only whole groups: the ends depend on what stands beside the text.
        encoded = base64.b64encode(b"\0" * shift + raw)
        yield encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]


def holds(blob, needles):
    return any(needle in blob for needle in needles)


def files_below(folder):
    return [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]


def in_files(folder, needles):
    return [path for path in files_below(folder) if holds(path.read_bytes(), needles)]


def regions(pid):
    """The readable memory of a process: (begin, end)."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, access, *_, name = (line + " ").split(" ", 5)
        if access.startswith("r") and "[vvar" not in name and "[vsyscall" not in name:
            begin, end = (int(number, 16) for number in span.split("-"))
            yield begin, end


def in_memory(pid, needles):
    longest = max(map(len, needles))
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end in regions(pid):
            tail = b""
            for at in range(begin, end, CHUNK):
                try:
                    memory.seek(at)
                    piece = memory.read(min(CHUNK, end - at))
                except (OSError, ValueError, OverflowError):
                    break  # the region went away, or is no memory
                if holds(tail + piece, needles):
                    return True
                tail = piece[-longest:]
    return False


def memory_is_readable(pid):
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            begin, _ = next(regions(pid))
            memory.seek(begin)
            return bool(memory.read(1))
    except OSError:
        return False


def converse(programs, names, texts):
    """Messages both ways, some while the receiver is away, some acknowledged, some still in the mailbox."""
    one, other = names
    programs.run(one, "send", other, texts[0])
    programs.run(other, "receive")
    programs.run(other, "send", one, texts[1])
    programs.run(one, "receive")
    programs.run(one, "send", other, texts[2])


def search(programs, names, texts):
    needles = [needle for text in texts for needle in encodings(text)]
    known = [names[0].encode()]
    data = programs.data
    found = in_files(data, known)
    need(found, "the search does not even find an account's name in the data folder")
    print(f"the name of an account stands in {', '.join(path.name for path in found)}: the search works")
    for where, paths in (("the server's data", in_files(data, needles)), ("a client's profile", in_files(programs.root, needles))):
        need(not paths, f"plaintext in {where}: {paths}")
    need(not holds(programs.server_log.read_bytes(), needles), "plaintext in the server's output")
    pid = programs.server.pid
    if not memory_is_readable(pid):
        print("memory not searched: this user may not read the server's (it makes itself undumpable)")
        return
    need(in_memory(pid, known), "the search does not even find an account's name in the server's memory")
    need(not in_memory(pid, needles), "plaintext in the server's memory")
    print("no plaintext in the server's files, output and memory, nor in the clients' files")


def main():
    names = [f"anna{secrets.token_hex(6)}", f"otto{secrets.token_hex(6)}"]
    texts = [f"planted {secrets.token_hex(16)} plaintext {number}" for number in range(3)]
    try:
        with Programs(sys.argv[1]) as programs:
            programs.start_server()
            for name in names:
                programs.register(name)
            converse(programs, names, texts)
            search(programs, names, texts)
    except Failure as failure:
        sys.exit(f"plaintext_search: {failure}")


main()
