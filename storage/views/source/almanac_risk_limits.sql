-- Value at risk and expected shortfall against limits: what is used, what is left, how certain.
WITH used AS (
  SELECT * FROM limit_utilisation WHERE as_of >= TIMESTAMP '1970-01-01 00:00:00+00'
),
listed AS (
  SELECT run_id, as_of, job FROM runs WHERE as_of >= TIMESTAMP '1970-01-01 00:00:00+00'
)
SELECT
  used.as_of,
  listed.job,
  used.run_id,
  used.portfolio_id,
  used.measure,
  used.`level`,
  used.horizon,
  used.method,
  used.currency,
  used.`value`,
  used.standard_error,
  used.`limit`,
  used.utilisation,
  used.`limit` - used.`value` AS headroom,
  CASE
    WHEN used.`value` > used.`limit` THEN 'exceeded'
    WHEN used.`value` + 2 * used.standard_error > used.`limit` THEN 'within two standard errors'
    ELSE 'kept'
  END AS status
FROM used
JOIN listed ON listed.run_id = used.run_id AND listed.as_of = used.as_of
