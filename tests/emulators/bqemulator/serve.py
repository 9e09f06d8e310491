"""Serves bqemulator on two ports, of REST and gRPC; its spatial extension is put there first."""

import subprocess
import sys
from pathlib import Path

from duckdb_extensions import import_extension

import_extension("spatial")
command = Path(sys.executable).with_name("bqemulator")
quiet = ["--log-level", "error", "--project", "stand-in-project"]
ports = ["--rest-port", sys.argv[1], "--grpc-port", sys.argv[2]]
with subprocess.Popen([command, "start", *quiet, *ports]) as server:
    try:
        # Whoever started this one ends it by closing its input.
        sys.stdin.read()
    finally:
        server.terminate()
