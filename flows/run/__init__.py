"""The run's bookkeeping: identity, staging, chunks, measurements."""

from flows.run.chunks import (
    ChunkRecord,
    ChunkWork,
    Failed,
    assign_chunks,
    assign_groups,
    entity_names,
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
from flows.run.entities import Independent, Only, among, run_entities
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
from flows.run.version_limits import remove_old_versions
from flows.run.versions import (
    list_versions,
    promote,
    read_champion,
    read_manifest,
    read_models,
    roll_back,
    store_version,
    version_for,
)

__all__ = [
    "ChunkRecord",
    "ChunkWork",
    "Failed",
    "Independent",
    "Only",
    "Run",
    "Staging",
    "StepRecord",
    "among",
    "assign_chunks",
    "assign_groups",
    "checksum",
    "code_version",
    "entity_names",
    "entity_words",
    "find_chunk",
    "fingerprint_inputs",
    "forget_failed",
    "holding",
    "holds",
    "is_retrying",
    "list_versions",
    "load_run",
    "measured",
    "number_of_chunks",
    "prepare_run",
    "promote",
    "read_champion",
    "read_chunk",
    "read_json",
    "read_manifest",
    "read_models",
    "read_state",
    "remove_old_versions",
    "roll_back",
    "run_chunk",
    "run_entities",
    "seal_files",
    "store_version",
    "torn_files",
    "update_state",
    "version_for",
    "write_frame",
    "write_json",
    "write_text",
]
