"""The HTTP side: addresses, uploads, and faults."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb

from tests.storage.bigquery_stand_in.catalog import Catalog
from tests.storage.bigquery_stand_in.errors import ApiError
from tests.storage.bigquery_stand_in.jobs import Jobs

API = "/bigquery/v2"
TOKEN = "stand-in-token"


class StandIn:
    """A server on a port of its own; `faults` and `job_faults` say what goes wrong.

    ``calls`` lists every call as "METHOD path", in order, and the id of a job that it starts.
    """

    def __init__(self):
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        self.faults, self.job_faults, self.calls = [], [], []
        self.catalog = Catalog(connection)
        self.jobs = Jobs(self.catalog, self.job_faults)
        self.uploads = {}
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        self.catalog.connection.close()

    def calm(self):
        """Let nothing go wrong any more."""
        self.faults.clear()
        self.job_faults.clear()

    def answer(self, method, path, parameters, body, headers):
        """Return the status, headers and body of a call, or None where the answer is lost."""
        with self.lock:
            call = f"{method} {path}{_job_of(method, body)}"
            self.calls.append(call)
            struck = next((f for f in self.faults if f.strikes(call)), None)
            try:
                _refuse_struck(struck)
                status, extra, answer = self._route(method, path, parameters, body, headers)
            except ApiError as error:
                status, extra, answer = error.code, {}, error.body
            return None if struck and struck.kind == "lost" else (status, extra, answer)

    def _route(self, method, path, parameters, body, headers):
        if path == "/token":
            return (
                200,
                {},
                {
                    "access_token": TOKEN,
                    "expires_in": 3600,
                    "token_type": "Bearer",
                    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                },
            )
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            raise ApiError("authError", "Invalid Credentials")
        if path.startswith("/upload"):
            return self._upload(method, path, parameters, body, headers)
        parts = [unquote(part) for part in path.removeprefix(API).strip("/").split("/")]
        content = json.loads(body) if body else {}
        return 200, {}, self._call(method, parts[2:], parameters, content)

    def _call(self, method, parts, parameters, content):  # noqa: C901, PLR0911 - an address a line
        catalog, jobs = self.catalog, self.jobs
        match [method, *parts]:
            case ["POST", "datasets"]:
                return catalog.create_dataset(content)
            case ["GET", "datasets", dataset]:
                return catalog.dataset(dataset)
            case ["POST", "datasets", dataset, "tables"]:
                return catalog.create_table(dataset, content)
            case ["GET", "datasets", dataset, "tables", table]:
                return catalog.describe(dataset, table)
            case ["PATCH", "datasets", dataset, "tables", table]:
                return catalog.update_table(dataset, table, content)
            case ["GET", "datasets", dataset, "tables"]:
                return {"tables": catalog.listed(dataset)}
            case ["DELETE", "datasets", dataset, "tables", table]:
                return catalog.drop(dataset, table) or {}
            case ["POST", "jobs"]:
                return jobs.insert(content)
            case ["GET", "jobs", job]:
                return jobs.get(job, parameters.get("location"))
            case ["GET", "queries", job]:
                return jobs.results(job, parameters)
        raise ApiError("notFound", f"the stand-in has no {method} {'/'.join(parts)}")

    def _upload(self, method, path, parameters, body, headers):
        if parameters["uploadType"] == "multipart":
            resource, content = _parts(headers["Content-Type"], body)
            return 200, {}, self.jobs.insert(resource, content)
        if method == "POST":
            key = str(len(self.uploads))
            self.uploads[key] = (json.loads(body), bytearray())
            where = f"{self.url}{path}?uploadType=resumable&upload_id={key}"
            return 200, {"Location": where}, {}
        resource, content = self.uploads[parameters["upload_id"]]
        content += body
        if headers["Content-Range"].endswith("/*"):
            return 308, {"Range": f"bytes=0-{len(content) - 1}"}, {}
        return 200, {}, self.jobs.insert(resource, bytes(content))


def _job_of(method, body):
    found = re.search(rb'"jobId": *"([^"]+)"', body[:4000]) if method == "POST" else None
    return f" {found.group(1).decode()}" if found else ""


def _refuse_struck(fault):
    if fault and fault.kind == "unavailable":
        raise ApiError("backendError", "The service is not available for now")


def _parts(content_type, body):
    """Return the resource and the media of a multipart upload."""
    boundary = re.search(rb'boundary="?([^";]+)', content_type.encode()).group(1)
    pieces = body.split(b"--" + boundary)[1:-1]
    heads = [piece.partition(b"\r\n\r\n") for piece in pieces]
    contents = [rest.removesuffix(b"\r\n") for _, _, rest in heads]
    return json.loads(contents[0]), contents[1]


def _handler(stand_in):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Small answers in two packets would wait for one another.
        disable_nagle_algorithm = True
        wbufsize = -1

        def _serve(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            parts = urlsplit(self.path)
            parameters = dict(parse_qsl(parts.query))
            answer = stand_in.answer(self.command, parts.path, parameters, body, self.headers)
            if answer is None:
                self.close_connection = True
                return
            status, extra, content = answer
            sent = json.dumps(content).encode()
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the server's names

        def log_message(self, *arguments):
            """Say nothing."""

    return Handler
