-- Every run, with those that another run of their job and night took the place of.
WITH listed AS (
  SELECT * FROM runs WHERE as_of >= TIMESTAMP '1970-01-01 00:00:00+00'
),
held AS (
  SELECT DISTINCT run_id, as_of
  FROM run_entities
  WHERE as_of >= TIMESTAMP '1970-01-01 00:00:00+00'
)
SELECT
  listed.as_of,
  listed.job,
  listed.run_id,
  CASE WHEN held.run_id IS NULL THEN 'replaced' ELSE listed.status END AS status,
  listed.started_at,
  listed.finished_at,
  listed.code_version,
  listed.device,
  listed.seed,
  listed.machine
FROM listed
LEFT JOIN held ON held.run_id = listed.run_id AND held.as_of = listed.as_of
