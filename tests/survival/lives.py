"""Nights in processes of their own, which can be killed, starved of disk, and started again.

One process imports everything once and then forks a child for each life of a night, so that a
life costs its work and not the seconds of starting Python. It never works itself: it has no
threads that a fork would cut off.
"""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

CRASHED = 70
# What a process does to the disk through Python. DuckDB and Arrow write without telling.
EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class End:
    """How a life ended.

    Parameters
    ----------
    code : exit code, or minus the signal that ended it
    said : the sentence of an error, or a traceback
    events : changes to the disk through Python until then, where it ended by itself
    """

    code: int
    said: str
    events: int


class Cradle:
    """Starts lives of nights; use as a context."""

    def __enter__(self):
        self._interrupted = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.survival.lives"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env=dict(os.environ),
        )
        assert self._answer() == {"ready": True}
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _answer(self):
        self._interrupted = True
        answer = json.loads(self._process.stdout.readline())
        self._interrupted = False
        return answer

    def begin(self, folder, **wishes):
        """Start a life of the night in ``folder``; return its process id."""
        if self._interrupted:
            # A test that ran out of time has left an answer that is not for this one.
            self._process.kill()
            self.__exit__()
            self.__enter__()
        self._ask({"folder": str(folder), **wishes})
        return self._answer()["pid"]

    def end(self, seconds=None):
        """Wait for the life that was begun; kill it after that many seconds, where they are given.

        A process that has ended keeps its number until then, so that no other is killed.
        """
        self._ask({"kill_after": seconds})
        return End(**self._answer())

    def _ask(self, content):
        self._process.stdin.write(json.dumps(content) + "\n")
        self._process.stdin.flush()

    def live(self, folder, **wishes):
        """Let the night live until it ends by itself.

        Parameters
        ----------
        folder : of the job
        store : the job's store
        only : one side of the job
        registry : whether the job keeps its models
        fault : "kill" or "full", the fault at a change to the disk
        at : which change it is, from 1
        bytes : the most that a file may have
        """
        self.begin(folder, **wishes)
        return self.end()

    def kill_after(self, folder, seconds, **wishes):
        """Let the night live for so many seconds at most, then kill it; None lets it end."""
        self.begin(folder, **wishes)
        return self.end(seconds)


def _serve():
    """Fork a life for each line on standard input, one after the other."""
    import tests.survival.plain  # noqa: F401 - imported before the forks, for all of them

    _say({"ready": True})
    while line := sys.stdin.readline():
        wishes = json.loads(line)
        words = Path(wishes["folder"]).with_suffix(".said")
        words.unlink(missing_ok=True)
        pid = os.fork()
        if not pid:
            _live(wishes, words)
        _say({"pid": pid})
        seconds = json.loads(sys.stdin.readline())["kill_after"]
        if seconds is not None:
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        said, _, events = (words.read_text() if words.exists() else "").rpartition("\n")
        code = os.waitstatus_to_exitcode(status)
        _say({"code": code, "said": said, "events": int(events or 0)})


def _say(content):
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def _live(wishes, words):
    """Run the night, and leave the process."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    changes = _Changes(wishes)
    sys.addaudithook(changes)
    code, said = _night(wishes)
    changes.on = False
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    words.write_text(f"{said}\n{changes.count}")
    os._exit(code)


def _night(wishes):
    from flows.errors import AlmanacError
    from storage.stores import StorageError
    from tests.survival.jobs import keeping_models, small_job
    from tests.survival.plain import run_plain

    if "bytes" in wishes:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (wishes["bytes"], most))
    outputs = {"store": wishes["store"]} if "store" in wishes else {}
    try:
        job = small_job(Path(wishes["folder"]), **outputs).restricted(wishes.get("only"))
        job = keeping_models(job) if wishes.get("registry") else job
        return int(run_plain(job, again=wishes.get("again", False)).exit_code), ""
    except AlmanacError as error:
        return int(error.exit_code), str(error)
    except StorageError as error:
        return 3, str(error)
    except BaseException:  # noqa: BLE001 - whatever it is, the test shall see it
        return CRASHED, traceback.format_exc()


class _Changes:
    """Counts changes to the disk below the job's folder, and strikes at one of them."""

    def __init__(self, wishes):
        self.on = True
        self.count = 0
        self._folder = wishes["folder"]
        self._fault = wishes.get("fault")
        self._at = wishes.get("at", 0)

    def __call__(self, event, arguments):
        if not self.on or event not in EVENTS or not self._is_change(event, arguments):
            return
        self.count += 1
        if self._fault == "kill" and self.count == self._at:
            os.kill(os.getpid(), signal.SIGKILL)
        # A disk that is full stays full.
        grows = event in {"open", "os.mkdir"}
        if self._fault == "full" and self.count >= self._at and grows:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))

    def _is_change(self, event, arguments):
        if not str(arguments[0]).startswith(self._folder):
            return False
        return event != "open" or bool(int(arguments[2] or 0) & WRITING)


if __name__ == "__main__":
    _serve()
