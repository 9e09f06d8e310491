"""What a run says of itself: rejects, repairs, failures, and the ledger's tables."""

from storage.tables.table import Column, output_table

INPUT = Column("input", "text", "the input table concerned")
ENTITY = Column("entity", "text", "the series, book or instrument, ids joined with '/'")
NUMBER = Column("number", "integer", "running number within the table", minimum=0)

REJECTS = output_table(
    "rejects",
    "Rows, entities and inputs that were refused, each with its reason.",
    columns=(
        NUMBER,
        INPUT,
        Column("source", "text", "file the row came from"),
        Column(
            "row",
            "integer",
            "row in the source, first is 1; null for a whole entity",
            nullable=True,
        ),
        ENTITY,
        Column(
            "severity",
            "text",
            "row, entity, or run: what concerns the whole run and refuses no row",
            choices=("row", "entity", "run"),
        ),
        Column("code", "text", "the rule that was broken"),
        Column("column", "text", "the column concerned", nullable=True),
        Column("value", "text", "the value found", nullable=True),
        Column("advice", "text", "what to do about it"),
    ),
    key=("number",),
)

REPAIRS = output_table(
    "repairs",
    "Values that were changed, and how.",
    columns=(
        NUMBER,
        INPUT,
        ENTITY,
        Column("ds", "timestamp", "first period concerned", nullable=True),
        Column("periods", "integer", "how many periods", minimum=1),
        Column("code", "text", "the kind of repair"),
        Column("column", "text", "the column concerned"),
        Column("detail", "text", "what was done"),
    ),
    key=("number",),
)

FAILURES = output_table(
    "failures",
    "Entities that the run could not complete.",
    columns=(
        INPUT,
        ENTITY,
        Column("stage", "text", "where it failed"),
        Column("error_type", "text", "class of the error"),
        Column("message", "text", "what went wrong, in one sentence"),
    ),
    key=("input", "entity", "stage"),
)

RUNS = output_table(
    "runs",
    "One row per run, as it ended; one without rows in run_entities gave way to another of its "
    "job and night, and the view almanac_runs calls it replaced; or replaced in part, where "
    "another has one of its sides.",
    columns=(
        Column("job", "text", "name of the job"),
        Column(
            "status",
            "text",
            "how it ended",
            choices=("published", "published_with_failures", "failed"),
        ),
        Column("code_version", "text", "version and source fingerprint"),
        Column("device", "text", "cpu or cuda"),
        Column("seed", "integer", "seed of every random stream"),
        Column("started_at", "timestamp", "UTC"),
        Column("finished_at", "timestamp", "UTC"),
        Column("machine", "text", "processor and cores"),
    ),
    key=(),
)

RUN_ENTITIES = output_table(
    "run_entities",
    "The identity: entities in = published + rejected + failed, for each input.",
    columns=(
        INPUT,
        Column("rows_in", "integer", "rows read", minimum=0),
        Column("rows_rejected", "integer", "rows refused", minimum=0),
        Column("entities_in", "integer", "distinct entities read", minimum=0),
        Column("published", "integer", "entities in the published tables", minimum=0),
        Column("rejected", "integer", "entities refused", minimum=0),
        Column("failed", "integer", "entities that failed", minimum=0),
    ),
    key=("input",),
)

RUN_STEPS = output_table(
    "run_steps",
    "Time and memory of each step.",
    columns=(
        Column("number", "integer", "order of the step", minimum=0),
        Column("step", "text", "collect, check, predict, decide, risk, publish or report"),
        Column("seconds", "float", "wall clock", minimum=0),
        Column("peak_memory_mb", "float", "peak resident memory during the step, MiB", minimum=0),
        Column("entities", "integer", "entities handled", minimum=0),
        Column("reused_chunks", "integer", "chunks found finished and not redone", minimum=0),
        Column("chunks", "integer", "chunks of work", minimum=0),
    ),
    key=("number",),
)
