"""`python -m flows` is `almanac`."""

from flows.cli import main

if __name__ == "__main__":
    main(prog_name="almanac")
