#!/usr/bin/env python3
"""THREATS 23: no program of ours that handles secrets leaves a core, even where cores are wanted.

    no_cores.py FOLDER_OF_PROGRAMS

Each is started with core dumps allowed, and crashed once it runs; the kernel says whether it wrote a core. That one is written
at all is shown with a program that does not forbid it.
"""

import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from pqc_programs import READY_SECONDS, Failure, Programs, need  # noqa: E402


def allow_cores():
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def start(programs, arguments):
    """With its standard input open: a program that waits for it stays. A sanitizer neither takes the signal nor forbids cores."""
    environment = dict(os.environ)
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
        environment[name] = ":".join(filter(None, [environment.get(name), "handle_segv=0:disable_coredump=0"]))
    return programs.spawn(arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          preexec_fn=allow_cores, cwd=programs.root, env=environment)


def forbids_cores(pid):
    """Whether its own limit is zero, soft and hard."""
    for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines():
        if line.startswith("Max core file size"):
            return line.split()[4:6] == ["0", "0"]
    return False


def leaves_a_core(process):
    os.kill(process.pid, signal.SIGSEGV)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -signal.SIGSEGV
    need(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSEGV, "the program did not crash")
    return os.WCOREDUMP(status)


def crash(programs, name, arguments):
    process = start(programs, [programs.bin / name, *arguments])
    end = time.monotonic() + READY_SECONDS
    while not forbids_cores(process.pid):
        need(process.poll() is None, f"{name} ended by itself")
        need(time.monotonic() < end, f"{name} does not forbid core dumps")
        time.sleep(0.001)
    need(not leaves_a_core(process), f"{name} left a core")


def main():
    try:
        with Programs(pathlib.Path(sys.argv[1]).resolve()) as programs:
            if not leaves_a_core(start(programs, ["/usr/bin/env", "cat"])):
                print("this system writes no core of any program: only the limits are looked at")
            programs.start_server()
            programs.register("anna")
            programs.stop_server()
            (programs.root / "keys").mkdir(mode=0o700)
            crash(programs, "pqc-chat-server", ["run", "--data", programs.data, "--listen", "127.0.0.1:0"])
            crash(programs, "pqc-chat", ["--profile", programs.root / "anna", "receive", "--follow"])
            crash(programs, "pqc-chat-keyd", ["--folder", programs.root / "keys", "--foreground"])
            crash(programs, "pqc-chat-keyring", ["store", "anna"])
            left = [path.name for path in programs.root.rglob("core*") if path.is_file()]
            need(len(left) <= 1, f"cores are left: {left}")
            print("four programs crashed, none left a core")
    except Failure as failure:
        sys.exit(f"no_cores: {failure}")


main()
