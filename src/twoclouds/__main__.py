"""`python -m twoclouds run FILE`."""

import sys

from twoclouds.program.line import main

if __name__ == "__main__":
    sys.exit(main())
