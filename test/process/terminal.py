"""Runs a command in a pseudo-terminal: standard input is its keyboard, standard output its screen."""

import os
import pty
import sys

sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
