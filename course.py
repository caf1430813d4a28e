#!/usr/bin/env python3
"""The one command of the course: `python3 course.py start`. What it does is in `commands/`, a module per noun.

This file has to parse on any Python, even 2.7, so that it can say which one is needed.
"""

import os
import sys

OLDEST, NEWEST = (3, 11), (3, 14)


def another_python():  # type: () -> str
    """The command of a fitting Python on this machine, or an example of one."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            if os.access(os.path.join(folder, name), os.X_OK):
                return name
    return "py -3.12" if os.name == "nt" else "python3.12"


def main():  # type: () -> int
    if not OLDEST <= tuple(sys.version_info[:2]) <= NEWEST:
        sys.stderr.write(
            "Two Clouds needs Python %d.%d to %d.%d, and this is Python %d.%d.\n"
            % (OLDEST + NEWEST + tuple(sys.version_info[:2]))
            + "Next: install one from https://www.python.org/downloads/ if need be, then run:  %s course.py %s\n"
            % (another_python(), " ".join(sys.argv[1:]) or "start")
        )
        return 1
    from commands import line

    return line.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
