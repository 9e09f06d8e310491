"""A Prefect server, its deployments and a worker, on one machine."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType
from rich.console import Console

from flows.errors import AlmanacError
from flows.nightly import nightly
from flows.spec import JobSpec, load_job

WORK_POOL = "almanac"
NIGHTLY_CRON = "30 4 * * *"
START_SECONDS = 180
STOP_SECONDS = 20


class ServeError(AlmanacError):
    """The local server or its worker did not start."""


def serve_jobs(host: str, port: int, jobs: Sequence[Path]) -> None:
    """Serve jobs until interrupted; without any, the bundled sample's.

    Parameters
    ----------
    host, port : where the server listens
    jobs : job specs, each of which becomes a deployment with a nightly schedule
    """
    console = Console()
    specs = [load_job(path) for path in jobs] or [_sample_job(console)]
    _refuse_taken_port(host, port)
    api = f"http://{host}:{port}/api"
    environment = {**os.environ, "PREFECT_API_URL": api}
    signal.signal(signal.SIGTERM, _interrupt)
    with ExitStack() as stack:
        server = ["server", "start", "--host", host, "--port", str(port)]
        # The page asks the API where it is told to, which is port 4200 unless said otherwise.
        started = stack.enter_context(
            _prefect(server, {**os.environ, "PREFECT_SERVER_UI_API_URL": api})
        )
        with console.status("Starting the Prefect server …"):
            _await_health(api, started)
        _prefect_once(
            ["work-pool", "create", WORK_POOL, "--type", "process", "--overwrite"], environment
        )
        for spec in specs:
            _register(spec, environment)
            console.print(
                f"Registered deployment [bold]nightly/{spec.name}[/] ({NIGHTLY_CRON} UTC)."
            )
            if spec.as_of is not None:
                console.print(
                    f"  Its job names the night of {spec.as_of}, so every run of it is that one; "
                    "leave as_of out for the night of each day."
                )
        worker = ["worker", "start", "--pool", WORK_POOL, "--type", "process"]
        running = stack.enter_context(_prefect(worker, environment))
        console.print(f"The UI is at [bold]http://{host}:{port}[/]. Ctrl-C stops everything.")
        try:
            running.wait()
        except KeyboardInterrupt:
            console.print("Stopping …")


def deployment(spec: JobSpec) -> RunnerDeployment:
    """Return the nightly deployment of a job."""
    return RunnerDeployment.from_flow(
        nightly,
        name=spec.name,
        parameters={"job": spec.model_dump(mode="json")},
        cron=NIGHTLY_CRON,
        tags=["almanac"],
        description=f"The night of job {spec.name}.",
        entrypoint_type=EntrypointType.MODULE_PATH,
        work_pool_name=WORK_POOL,
        # Two nights of one job never run side by side: the later one waits.
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE
        ),
    )


def _sample_job(console: Console) -> JobSpec:
    from flows.demo import write_demo  # noqa: PLC0415 - slow to import

    folder = Path("almanac-demo")
    if not (folder / "demo.toml").exists():
        with console.status("Writing the bundled sample …"):
            write_demo(folder)
    return load_job(folder / "demo.toml")


def _register(spec: JobSpec, environment: dict[str, str]) -> None:
    """Register in a process of its own: this one may know another server already."""
    source = (
        "import sys; from flows.serving import deployment; from flows.spec import JobSpec; "
        "deployment(JobSpec.model_validate_json(sys.stdin.read())).apply()"
    )
    subprocess.run(  # noqa: S603 - our own interpreter and source
        [sys.executable, "-c", source],
        input=spec.model_dump_json(),
        text=True,
        env=environment,
        check=True,
    )


@contextmanager
def _prefect(
    arguments: list[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "prefect", *arguments]
    process = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - ours
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _prefect_once(arguments: list[str], environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    done = subprocess.run(  # noqa: S603 - ours
        command, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise ServeError(f"prefect {' '.join(arguments)}: {done.stderr.strip() or done.stdout}")


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServeError(
                f"port {port} of {host} cannot be had ({error.strerror}); choose another --port"
            ) from error


def _await_health(api: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{api}/health", timeout=5):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise ServeError(f"the Prefect server did not answer at {api} within {START_SECONDS} s")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
