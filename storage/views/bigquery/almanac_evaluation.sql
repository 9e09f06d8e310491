-- Backtests of the chosen forecasts by class, warehouse and part of the horizon, and by each alone.
WITH `chosen` AS (
  SELECT
    *
  FROM `PROJECT`.`DATASET`.`champions`
  WHERE
    `as_of` >= CAST('1970-01-01 00:00:00+00' AS TIMESTAMP)
), `scored` AS (
  SELECT
    *
  FROM `PROJECT`.`DATASET`.`forecast_accuracy`
  WHERE
    `as_of` >= CAST('1970-01-01 00:00:00+00' AS TIMESTAMP)
), `split` AS (
  SELECT
    *
  FROM `PROJECT`.`DATASET`.`accuracy_by_horizon`
  WHERE
    `as_of` >= CAST('1970-01-01 00:00:00+00' AS TIMESTAMP)
), `parts` AS (
  SELECT
    *
  FROM `PROJECT`.`DATASET`.`forecast_horizons`
  WHERE
    `as_of` >= CAST('1970-01-01 00:00:00+00' AS TIMESTAMP)
), `held` AS (
  SELECT
    *
  FROM `PROJECT`.`DATASET`.`forecast_coverage`
  WHERE
    `as_of` >= CAST('1970-01-01 00:00:00+00' AS TIMESTAMP)
), `listed` AS (
  SELECT
    `run_id`,
    `as_of`,
    `job`
  FROM `PROJECT`.`DATASET`.`runs`
  WHERE
    `as_of` >= CAST('1970-01-01 00:00:00+00' AS TIMESTAMP)
), `beside` AS (
  SELECT
    `chosen`.`as_of`,
    `chosen`.`run_id`,
    `chosen`.`warehouse_id`,
    `chosen`.`demand_class`,
    `scored`.`mase`,
    `scored`.`bias`,
    `scored`.`coverage_80`,
    `naive`.`mase` AS `naive_mase`,
    CASE WHEN NOT `naive`.`mase` IS NULL THEN `scored`.`mase` END AS `against`
  FROM `chosen`
  JOIN `scored`
    ON `scored`.`run_id` = `chosen`.`run_id`
    AND `scored`.`as_of` = `chosen`.`as_of`
    AND `scored`.`warehouse_id` = `chosen`.`warehouse_id`
    AND `scored`.`item_id` = `chosen`.`item_id`
    AND `scored`.`model` = `chosen`.`model`
  LEFT JOIN `scored` AS `naive`
    ON `naive`.`run_id` = `chosen`.`run_id`
    AND `naive`.`as_of` = `chosen`.`as_of`
    AND `naive`.`warehouse_id` = `chosen`.`warehouse_id`
    AND `naive`.`item_id` = `chosen`.`item_id`
    AND `naive`.`model` = 'SeasonalNaive'
)
SELECT
  `beside`.`as_of`,
  `listed`.`job`,
  `beside`.`run_id`,
  `beside`.`demand_class`,
  `beside`.`warehouse_id`,
  CAST(NULL AS INT64) AS `first_step`,
  CAST(NULL AS INT64) AS `last_step`,
  COUNT(*) AS `series`,
  AVG(`beside`.`mase`) AS `mase`,
  AVG(`beside`.`bias`) AS `bias_units`,
  CAST(NULL AS FLOAT64) AS `bias_scaled`,
  AVG(`beside`.`coverage_80`) AS `coverage_80_uncalibrated`,
  CAST(NULL AS FLOAT64) AS `coverage_80_calibrated`,
  1 - SUM(`beside`.`against`) / NULLIF(SUM(`beside`.`naive_mase`), 0) AS `value_added`
FROM `beside`
JOIN `listed`
  ON `listed`.`run_id` = `beside`.`run_id` AND `listed`.`as_of` = `beside`.`as_of`
GROUP BY
  `beside`.`as_of`,
  `listed`.`job`,
  `beside`.`run_id`,
  `beside`.`demand_class`,
  `beside`.`warehouse_id`
UNION ALL
SELECT
  `split`.`as_of`,
  `listed`.`job`,
  `split`.`run_id`,
  `split`.`demand_class`,
  `split`.`warehouse_id`,
  `split`.`first_step`,
  `split`.`last_step`,
  COUNT(*) AS `series`,
  AVG(`split`.`mase`) AS `mase`,
  AVG(`split`.`bias`) AS `bias_units`,
  AVG(`split`.`bias_scaled`) AS `bias_scaled`,
  AVG(`split`.`coverage_80`) AS `coverage_80_uncalibrated`,
  CAST(NULL AS FLOAT64) AS `coverage_80_calibrated`,
  1 - SUM(`split`.`matched_mase`) / NULLIF(SUM(`split`.`naive_mase`), 0) AS `value_added`
FROM `split`
JOIN `listed`
  ON `listed`.`run_id` = `split`.`run_id` AND `listed`.`as_of` = `split`.`as_of`
GROUP BY
  `split`.`as_of`,
  `listed`.`job`,
  `split`.`run_id`,
  `split`.`demand_class`,
  `split`.`warehouse_id`,
  `split`.`first_step`,
  `split`.`last_step`
UNION ALL
SELECT
  `parts`.`as_of`,
  `listed`.`job`,
  `parts`.`run_id`,
  `parts`.`demand_class`,
  CAST(NULL AS STRING) AS `warehouse_id`,
  `parts`.`first_step`,
  `parts`.`last_step`,
  `parts`.`series`,
  `parts`.`mase`,
  CAST(NULL AS FLOAT64) AS `bias_units`,
  `parts`.`bias` AS `bias_scaled`,
  `held`.`before` AS `coverage_80_uncalibrated`,
  `held`.`after` AS `coverage_80_calibrated`,
  `parts`.`value_added`
FROM `parts`
JOIN `listed`
  ON `listed`.`run_id` = `parts`.`run_id` AND `listed`.`as_of` = `parts`.`as_of`
LEFT JOIN `held`
  ON `held`.`run_id` = `parts`.`run_id`
  AND `held`.`as_of` = `parts`.`as_of`
  AND `held`.`demand_class` = `parts`.`demand_class`
  AND `held`.`band` = `parts`.`band`
  AND `held`.`nominal` = 80
