-- Rolling-origin accuracy of each series' champion, by warehouse, demand class and model.
WITH chosen AS (
  SELECT * FROM champions WHERE as_of >= TIMESTAMP '1970-01-01 00:00:00+00'
),
scored AS (
  SELECT * FROM forecast_accuracy WHERE as_of >= TIMESTAMP '1970-01-01 00:00:00+00'
),
listed AS (
  SELECT run_id, as_of, job FROM runs WHERE as_of >= TIMESTAMP '1970-01-01 00:00:00+00'
)
SELECT
  chosen.as_of,
  listed.job,
  chosen.run_id,
  chosen.warehouse_id,
  chosen.demand_class,
  chosen.model,
  COUNT(*) AS series,
  COUNT(scored.model) AS series_scored,
  AVG(scored.mase) AS mean_mase,
  AVG(scored.rmsse) AS mean_rmsse,
  AVG(scored.bias) AS mean_bias,
  AVG(scored.pinball) AS mean_pinball,
  AVG(scored.coverage_80) AS mean_coverage_80
FROM chosen
JOIN listed ON listed.run_id = chosen.run_id AND listed.as_of = chosen.as_of
LEFT JOIN scored
  ON scored.run_id = chosen.run_id
  AND scored.as_of = chosen.as_of
  AND scored.warehouse_id = chosen.warehouse_id
  AND scored.item_id = chosen.item_id
  AND scored.model = chosen.model
GROUP BY
  chosen.as_of, listed.job, chosen.run_id, chosen.warehouse_id, chosen.demand_class, chosen.model
