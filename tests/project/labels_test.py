#!/usr/bin/env python3
"""Labels keep uses apart: all of them differ, none is the start of another, and docs/spec/labels.md lists each.

Run in the root of the tree. Reads the string constants of every src/**/labels.h.
"""

import itertools
import pathlib
import re
import sys

PAGE = pathlib.Path("docs/spec/labels.md")


def labels_in_code():
    for path in sorted(pathlib.Path("src").rglob("labels.h")):
        for text in re.findall(r'std::string_view \w+ =\s*"([^"]*)"', path.read_text(encoding="utf-8")):
            yield text, path


def problems(found, listed):
    for (one, path), (other, other_path) in itertools.permutations(found, 2):
        if other.startswith(one):
            yield f'"{one}" ({path}) starts "{other}" ({other_path})'
    for text, path in found:
        if text not in listed:
            yield f'"{text}" ({path}) is not in {PAGE}'
    for text in listed - {text for text, _ in found}:
        yield f'"{text}" is in {PAGE} and in no labels.h'


def main():
    found = list(labels_in_code())
    listed = set(re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    wrong = list(problems(found, listed))
    for line in wrong:
        print(f"labels: {line}", file=sys.stderr)
    sys.exit(1 if wrong or not found else 0)


main()
