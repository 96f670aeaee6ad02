#!/usr/bin/env python3
"""docs/extending.md stays true: every block of code in it stands in the file that the line above it names, that file is compiled,
and every kind has one file, one declaration and one place in the registry, as the page says.

Run in the root of the tree.
"""

import pathlib
import re
import sys

PAGE = pathlib.Path("docs/extending.md")
BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([\w/.]+)`:\n\n\Z")
KINDS = {"transport": "transports", "encryptor": "encryptions"}
# The file of a kind by the name of its function.
FILE_OF = {"no_encryption": "no_encryptor.cpp"}


def blocks(text):
    """Each block of code, and the file named above it."""
    for match in BLOCK.finditer(text):
        named = NAMED.search(text[:match.start()])
        yield match[1], named and pathlib.Path(named[1])


def wrong_blocks(text):
    found = list(blocks(text))
    if len(found) < 4:
        yield f"only {len(found)} blocks of code"
    for code, path in found:
        first = code.splitlines()[0].strip()
        if path is None:
            yield f"no file is named above the block that begins with {first!r}"
        elif not path.exists() or code not in path.read_text():
            yield f"{path} does not hold the block that begins with {first!r}"
        elif path.name not in (path.parent / "CMakeLists.txt").read_text():
            yield f"{path} is not compiled"


def wrong_kinds():
    folder = pathlib.Path("src/p2p")
    header, table = ((folder / name).read_text() for name in ("registry.h", "registry.cpp"))
    for ending, what in KINDS.items():
        listed = re.findall(r"&(\w+)\(\)", re.search(rf"> {what}\(\) {{.*?all{{(.*?)}};", table, re.DOTALL)[1])
        files = {path.name for path in folder.glob(f"*_{ending}.cpp") if "registry.h" in path.read_text()}
        expected = {FILE_OF.get(name, re.sub(r"_(encryption|transport)$", f"_{ending}.cpp", name)) for name in listed}
        for name in files ^ expected:
            yield f"{name} and the registry's {what} do not agree"
        for name in listed:
            if header.count(f"& {name}();") != 1:
                yield f"registry.h does not declare {name} once"


def main():
    found = [*wrong_blocks(PAGE.read_text()), *wrong_kinds()]
    for text in found:
        print(text)
    if found:
        sys.exit(1)
    print("docs/extending.md says what the code says")


main()
