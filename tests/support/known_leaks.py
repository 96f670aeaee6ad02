"""Leaks of other people's libraries, which LeakSanitizer is not to find in the programs that a test starts."""

import os
import pathlib


def name(beside, whole_stacks=False):
    """Those of the file leaks.txt beside this test. With `whole_stacks` it is seen whose code it was through libraries
    without frame pointers too, which takes its time."""
    file = pathlib.Path(beside).resolve().parent / "leaks.txt"
    os.environ["LSAN_OPTIONS"] = f"suppressions={file}:print_suppressions=0"
    if whole_stacks:
        os.environ["ASAN_OPTIONS"] = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "fast_unwind_on_malloc=0")))
