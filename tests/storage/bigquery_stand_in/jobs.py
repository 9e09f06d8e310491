"""Jobs: an id is used once; a job runs, and then has succeeded or failed for good."""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlglot import exp

from tests.storage.bigquery_stand_in.catalog import PROJECT, check_labels
from tests.storage.bigquery_stand_in.errors import ApiError
from tests.storage.bigquery_stand_in.loads import load
from tests.storage.bigquery_stand_in.statements import Assertion, Engine

TYPES = {
    "VARCHAR": "STRING",
    "DOUBLE": "FLOAT",
    "BIGINT": "INTEGER",
    "INTEGER": "INTEGER",
    "HUGEINT": "INTEGER",
    "BOOLEAN": "BOOLEAN",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "DATE": "DATE",
}
PAGE = 500
LOADS_A_DAY = 1500
PARTITIONS_A_JOB = 4000


@dataclass
class Job:
    """One job, and what is left of it to do."""

    resource: dict
    content: bytes = b""
    polls: int = 0
    failure: dict | None = None
    schema: list = field(default_factory=list)
    rows: list = field(default_factory=list)

    @property
    def id(self):
        return self.resource["jobReference"]["jobId"]

    @property
    def done(self):
        return self.resource["status"]["state"] == "DONE"


class Jobs:
    """All jobs there have been."""

    def __init__(self, catalog, faults):
        self.catalog, self.faults = catalog, faults
        self.engine = Engine(catalog)
        self.jobs = {}
        self.loads = Counter()
        self.loads_a_day = LOADS_A_DAY
        self.partitions_a_job = PARTITIONS_A_JOB

    def insert(self, resource, content=b""):
        """Start a job; the API answers before it is done where it is slow."""
        job_id = resource["jobReference"]["jobId"]
        if job_id in self.jobs:
            raise ApiError("duplicate", f"Already Exists: Job {job_id}")
        configuration = resource["configuration"]
        check_labels(configuration)
        resource["jobReference"].setdefault("location", self._location(configuration))
        job = Job({**resource, "id": job_id, "status": {"state": "RUNNING"}}, content)
        if configuration.get("dryRun"):
            return self._dry_run(job)
        if "load" in configuration:
            self._count_load(configuration["load"])
        self.jobs[job_id] = job
        for fault in self.faults:
            if fault.strikes(job_id):
                job.polls = fault.polls
                if fault.reason:
                    job.failure = {"reason": fault.reason, "message": fault.message}
                break
        self._advance(job)
        return job.resource

    def _location(self, configuration):
        if "load" not in configuration:
            return "US"
        return self.catalog.dataset(configuration["load"]["destinationTable"]["datasetId"])[
            "location"
        ]

    def _count_load(self, configuration):
        target = configuration["destinationTable"]
        table = target["datasetId"], target["tableId"].partition("$")[0]
        key = (*table, date.today())  # noqa: DTZ011 - any day will do
        if self.loads[key] >= self.loads_a_day:
            raise ApiError(
                "quotaExceeded",
                "Quota exceeded: Your table exceeded quota for imports or query appends per table",
            )
        self.loads[key] += 1

    def _dry_run(self, job):
        configuration = job.resource["configuration"]["query"]
        statements = self._parse(configuration)
        read = str(self.engine.estimate(statements))
        job.resource["status"] = {"state": "DONE"}
        job.resource["statistics"] = {
            "totalBytesProcessed": read,
            "query": {
                "totalBytesProcessed": read,
                "referencedTables": self._referenced(configuration, statements),
                "schema": {
                    "fields": [
                        {"name": name, "type": TYPES[kind]}
                        for name, kind in self.engine.described(statements)
                    ]
                },
            },
        }
        return job.resource

    def _referenced(self, configuration, statements):
        project = configuration.get("defaultDataset", {}).get("projectId", PROJECT)
        names = sorted(self.engine.tables(statements))
        return [
            {"projectId": project, "datasetId": dataset, "tableId": table}
            for dataset, table in names
        ]

    def get(self, job_id, location=None):
        """Return a job as it stands now; asking is what makes a slow one go on."""
        job = self._job(job_id, location)
        self._advance(job)
        return job.resource

    def _job(self, job_id, location):
        job = self.jobs.get(job_id)
        if job is None or (location and location != job.resource["jobReference"]["location"]):
            raise ApiError("notFound", f"Not found: Job {job_id}")
        return job

    def _advance(self, job):
        if job.done:
            return
        if job.polls > 0:
            job.polls -= 1
            return
        status = {"state": "DONE"}
        try:
            if job.failure is None:
                job.resource["statistics"] = self._do(job)
            else:
                status["errorResult"] = job.failure
        except ApiError as error:
            status["errorResult"] = error.result
        job.resource["status"] = status

    def _do(self, job):
        configuration = job.resource["configuration"]
        if "load" in configuration:
            rows = load(self.catalog, configuration["load"], job.content, self.partitions_a_job)
            return {"load": {"outputRows": str(rows)}}
        query = configuration["query"]
        statements = self._parse(query)
        self._check_location(job, statements)
        read = self.engine.estimate(statements)
        billed = self.engine.billed(statements, read)
        allowed = int(query.get("maximumBytesBilled") or 2**62)
        if billed > allowed:
            raise ApiError(
                "bytesBilledLimitExceeded",
                f"Query exceeded limit for bytes billed: {allowed}. {billed} or higher required.",
            )
        job.schema, job.rows = self.engine.run(statements)
        return {"totalBytesProcessed": str(read), "query": {"totalBytesBilled": str(billed)}}

    def _check_location(self, job, statements):
        where = job.resource["jobReference"]["location"]
        for statement in statements:
            query = statement.query if isinstance(statement, Assertion) else statement
            for name in {table.db for table in query.find_all(exp.Table) if table.db}:
                if self.catalog.dataset(name)["location"] != where:
                    raise ApiError(
                        "notFound", f"Not found: Dataset {name} was not found in location {where}"
                    )

    def _parse(self, configuration):
        parameters = {
            given["name"]: (given["parameterType"]["type"], given["parameterValue"].get("value"))
            for given in configuration.get("queryParameters") or []
        }
        return self.engine.parse(configuration["query"], parameters)

    def results(self, job_id, parameters):
        """Return a page of a query's rows."""
        job = self._job(job_id, parameters.get("location"))
        self._advance(job)
        answer = {"jobReference": job.resource["jobReference"], "jobComplete": job.done}
        if not job.done:
            return answer
        failure = job.resource["status"].get("errorResult")
        if failure:
            raise ApiError(failure["reason"], failure["message"])
        size = min(int(parameters.get("maxResults", PAGE)), PAGE)
        start = int(parameters.get("pageToken", parameters.get("startIndex", 0)))
        page = job.rows[start : start + size]
        answer["schema"] = {
            "fields": [{"name": name, "type": TYPES[kind]} for name, kind in job.schema]
        }
        answer["totalRows"] = str(len(job.rows))
        if not size:
            return answer
        answer["rows"] = [{"f": [{"v": _wire(value)} for value in row]} for row in page]
        if start + size < len(job.rows):
            answer["pageToken"] = str(start + size)
        return answer


def _wire(value):
    """Return a value as JSON has it: text, but for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        since = value.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return str(since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds)
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    return repr(value) if isinstance(value, float) else str(value)
