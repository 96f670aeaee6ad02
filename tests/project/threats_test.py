#!/usr/bin/env python3
"""docs/THREAT-MODEL.md stays true: every test it names is one that ctest runs, every test that is named after a row stands
in it, and rows without a test say so.

    threats_test.py BUILD_FOLDER

Run in the root of the tree. A test is named in backquotes, with * for any characters.
"""

import fnmatch
import pathlib
import re
import subprocess
import sys

ROWS = range(1, 25)
# What may stand in place of a test: the part does not exist yet, or nobody has written the test.
WITHOUT_TEST = re.compile(r"later \(\w+\)|not yet")


def table(text):
    """{row: what its last column says}"""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| ") and cells[0].isdigit():
            rows[int(cells[0])] = cells[-1]
    return rows


def known_tests(build):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only"], check=True, capture_output=True, text=True).stdout
    return re.findall(r"Test +#\d+: (.*)", listing)


def problems(rows, tests):
    for number in ROWS:
        if number not in rows:
            yield f"row {number} is missing"
            continue
        patterns = re.findall(r"`([^`]+)`", rows[number])
        if not patterns and not WITHOUT_TEST.search(rows[number]):
            yield f"row {number} names neither a test nor a reason"
        for pattern in patterns:
            if not any(fnmatch.fnmatchcase(test, pattern) for test in tests):
                yield f"row {number} names {pattern}, which no test is called"


def unnamed(rows, tests):
    """Tests with a row's number in their name, which that row does not name."""
    for test in tests:
        for number in map(int, re.findall(r"Threat(\d+)", test)):
            patterns = re.findall(r"`([^`]+)`", rows.get(number, ""))
            if not any(fnmatch.fnmatchcase(test, pattern) for pattern in patterns):
                yield f"row {number} does not name {test}"


def main():
    rows = table(pathlib.Path("docs/THREAT-MODEL.md").read_text())
    tests = known_tests(sys.argv[1])
    found = list(problems(rows, tests)) + list(unnamed(rows, tests))
    for text in found:
        print(text)
    if found:
        sys.exit(1)
    tested = [number for number in ROWS if "`" in rows[number]]
    print(f"{len(tested)} of {len(ROWS)} threats have tests: {', '.join(map(str, tested))}")


main()
