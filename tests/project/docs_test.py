#!/usr/bin/env python3
"""The documents hold together: every relative link leads somewhere, every path that code or documents name in docs/ exists,
and every decision has a number of its own and a line in the list.

Run in the root of the tree.
"""

import collections
import pathlib
import re
import sys

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
MENTION = re.compile(r"\bdocs/[A-Za-z0-9_./-]+\.md\b")
SOURCES = ("src", "apps", "tests", "bench", "fuzz", "tools", "cmake")


def sources():
    for folder in SOURCES:
        yield from (path for path in pathlib.Path(folder).rglob("*") if path.is_file() and "node_modules" not in path.parts)


def documents():
    yield from pathlib.Path(".").glob("*.md")
    for folder in ("docs", "packaging"):
        yield from pathlib.Path(folder).rglob("*.md")


def problems():
    for page in documents():
        for target in LINK.findall(page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                yield f"{page}: the link {target} leads nowhere"
    for path in [*sources(), *documents()]:
        for mention in set(MENTION.findall(path.read_text(errors="replace"))):
            if not pathlib.Path(mention).exists():
                yield f"{path} names {mention}, which does not exist"

    listed = pathlib.Path("docs/decisions/README.md").read_text()
    numbers = collections.Counter()
    for page in sorted(pathlib.Path("docs/decisions").glob("*.md")):
        if page.name == "README.md":
            continue
        numbers[page.name[:4]] += 1
        if not re.match(r"\d{4}-[a-z0-9-]+\.md$", page.name):
            yield f"{page} has no number"
        if f"({page.name})" not in listed:
            yield f"{page} is not in the list of docs/decisions/README.md"
    for number, count in numbers.items():
        if count > 1:
            yield f"{count} decisions have the number {number}"


def main():
    found = list(problems())
    for text in found:
        print(text)
    if found:
        sys.exit(1)
    print("every link and every named document is there")


main()
