"""What Jupyter starts as the kernel `twoclouds` in tests: asks the fork server for one, and lives as long as that."""

import json
import os
import signal
import socket
import sys


def main():
    kernel = socket.socket(socket.AF_UNIX)
    kernel.connect(os.environ["TWOCLOUDS_FORKSERVER"])
    wanted = {"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}
    kernel.sendall(json.dumps(wanted).encode() + b"\n")
    process = int(kernel.makefile().readline())
    signal.signal(signal.SIGINT, lambda *_: os.kill(process, signal.SIGINT))
    while kernel.recv(1):
        pass


if __name__ == "__main__":
    main()
