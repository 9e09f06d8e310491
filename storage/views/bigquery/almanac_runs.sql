-- Every run, with those that others of their job and night took the place of, whole or in part.
WITH `listed` AS (
  SELECT
    *
  FROM `PROJECT`.`DATASET`.`runs`
  WHERE
    `as_of` >= CAST('1970-01-01 00:00:00+00' AS TIMESTAMP)
), `entities` AS (
  SELECT
    *
  FROM `PROJECT`.`DATASET`.`run_entities`
  WHERE
    `as_of` >= CAST('1970-01-01 00:00:00+00' AS TIMESTAMP)
), `held` AS (
  SELECT
    `listed`.`run_id`,
    `listed`.`as_of`,
    `listed`.`job`,
    `listed`.`finished_at`,
    `entities`.`input`
  FROM `listed`
  JOIN `entities`
    ON `entities`.`run_id` = `listed`.`run_id` AND `entities`.`as_of` = `listed`.`as_of`
), `left_of` AS (
  SELECT
    `held`.`run_id`,
    `held`.`as_of`,
    COUNT(`later`.`run_id`) AS `taken`
  FROM `held`
  LEFT JOIN `held` AS `later`
    ON `later`.`as_of` = `held`.`as_of`
    AND `later`.`job` = `held`.`job`
    AND `later`.`input` = `held`.`input`
    AND `later`.`finished_at` > `held`.`finished_at`
  GROUP BY
    `held`.`run_id`,
    `held`.`as_of`
)
SELECT
  `listed`.`as_of`,
  `listed`.`job`,
  `listed`.`run_id`,
  CASE
    WHEN `left_of`.`run_id` IS NULL
    THEN 'replaced'
    WHEN `left_of`.`taken` > 0
    THEN 'replaced in part'
    ELSE `listed`.`status`
  END AS `status`,
  `listed`.`started_at`,
  `listed`.`finished_at`,
  `listed`.`code_version`,
  `listed`.`device`,
  `listed`.`seed`,
  `listed`.`machine`
FROM `listed`
LEFT JOIN `left_of`
  ON `left_of`.`run_id` = `listed`.`run_id` AND `left_of`.`as_of` = `listed`.`as_of`
