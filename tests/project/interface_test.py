#!/usr/bin/env python3
"""What --help prints, the manual pages and the completions name the same commands and options.

    interface_test.py BUILD_FOLDER

Run in the root of the tree.
"""

import pathlib
import re
import subprocess
import sys

PAGES = {"pqc-chat": "pqc-chat.1", "pqc-chat-server": "pqc-chat-server.8", "pqc-chat-vectors": "pqc-chat-vectors.1",
         "pqc-chat-bench": "pqc-chat-bench.1", "pqc-chat-keyd": "pqc-chat-keyd.1",
         "pqc-chat-keyring": "pqc-chat-keyring.1", "pqc-chat-preview": "pqc-chat-preview.1"}
WITH_COMPLETION = ("pqc-chat", "pqc-chat-server")
OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")


def help_of(program, *command):
    result = subprocess.run([str(program), *command, "--help"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        sys.exit(f"{program.name} {' '.join(command)} --help gives {result.returncode}: {result.stderr}")
    return result.stdout


def commands_in(text):
    """The first words of the lines under the heading of subcommands."""
    match = re.search(r"^subcommands:\n((?:[ \t].*\n|\n)*)", text, re.IGNORECASE | re.MULTILINE)
    if not match:
        return set()
    indent = min(len(line) - len(line.lstrip()) for line in match[1].splitlines() if line.strip())
    return {line.split()[0] for line in match[1].splitlines()
            if line.strip() and len(line) - len(line.lstrip()) == indent}


def options_in(text):
    """The options that a line starts with, as help lists them; those in a description do not count."""
    listed = (re.match(r"\s+(-\S+(?:,\s*-\S+)*)", line) for line in text.splitlines())
    return {name for match in listed if match for name in OPTION.findall(match[1])}


def interface_of(program):
    text = help_of(program)
    commands = {name: options_of(program, name) for name in sorted(commands_in(text))}
    return commands, options_in(text)


def options_of(program, *command):
    """Of a command, and of those below it."""
    text = help_of(program, *command)
    below = (options_of(program, *command, name) for name in sorted(commands_in(text)))
    return options_in(text).union(*below)


def manual(page):
    text = pathlib.Path("packaging/man", page).read_text()
    commands = set(re.findall(r"^\.(?:It )?Cm ([a-z][a-z0-9-]*)", text, re.MULTILINE))
    return commands, set(re.findall(r"\bFl -([a-z][a-z-]*)", text))


def completion(program):
    """For each shell: its list of commands, and the options it names."""
    folder = pathlib.Path("packaging/completions")
    bash, zsh, fish = ((folder / name).read_text() for name in (f"{program}.bash", f"_{program}", f"{program}.fish"))
    yield "bash", set(re.search(r'commands="([^"]*)"', bash)[1].split()), set(OPTION.findall(bash))
    yield "zsh", set(re.findall(r"^    '([a-z0-9-]+):", zsh, re.MULTILINE)), set(OPTION.findall(zsh))
    yield "fish", set(re.search(r"^set -l commands (.*)$", fish, re.MULTILINE)[1].split()), set(re.findall(r"^complete .* -l ([a-z-]+)", fish, re.MULTILINE))


def differences(what, found, expected, ignored=frozenset()):
    for name in sorted(expected - found - ignored):
        yield f"{what} does not name {name}"
    for name in sorted(found - expected - ignored):
        yield f"{what} names {name}, which the program does not have"


def check(program):
    commands, top = interface_of(program)
    options = top.union(*commands.values()) if commands else top
    help_options = frozenset({"help", "help-all", "version"})
    page = PAGES[program.name]
    found_commands, found_options = manual(page)
    # A page also uses .Cm for the values of an option.
    yield from (f"{page} does not name {name}" for name in sorted(commands.keys() - found_commands))
    yield from differences(page, found_options, options, help_options)
    if program.name in WITH_COMPLETION:
        for shell, names, flags in completion(program.name):
            yield from differences(f"{shell} completion of {program.name}", names, set(commands))
            yield from differences(f"{shell} completion of {program.name}", flags, options, help_options)


def main():
    programs = [pathlib.Path(sys.argv[1], "bin", name) for name in PAGES]
    problems = [text for program in programs if program.exists() for text in check(program)]
    for text in problems:
        print(text)
    if problems:
        sys.exit(1)
    print(f"help, manuals and completions agree for {sum(program.exists() for program in programs)} programs")


main()
