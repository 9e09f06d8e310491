"""The run's bookkeeping: identity, staging, chunks, measurements."""

from flows.run.chunks import (
    ChunkRecord,
    ChunkWork,
    Failed,
    assign_chunks,
    entity_words,
    find_chunk,
    number_of_chunks,
    read_chunk,
    run_chunk,
)
from flows.run.context import (
    Run,
    forget_failed,
    is_retrying,
    load_run,
    prepare_run,
    read_state,
    update_state,
)
from flows.run.identity import code_version, fingerprint_inputs
from flows.run.lock import holding
from flows.run.meter import StepRecord, measured
from flows.run.seals import seal_files, torn_files
from flows.run.staging import (
    Staging,
    checksum,
    holds,
    read_json,
    write_frame,
    write_json,
    write_text,
)

__all__ = [
    "ChunkRecord",
    "ChunkWork",
    "Failed",
    "Run",
    "Staging",
    "StepRecord",
    "assign_chunks",
    "checksum",
    "code_version",
    "entity_words",
    "find_chunk",
    "fingerprint_inputs",
    "forget_failed",
    "holding",
    "holds",
    "is_retrying",
    "load_run",
    "measured",
    "number_of_chunks",
    "prepare_run",
    "read_chunk",
    "read_json",
    "read_state",
    "run_chunk",
    "seal_files",
    "torn_files",
    "update_state",
    "write_frame",
    "write_json",
    "write_text",
]
