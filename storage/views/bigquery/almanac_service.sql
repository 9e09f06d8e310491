-- Orders and service by warehouse and category: what is ordered, what it costs, what it serves.
WITH `plans` AS (
  SELECT
    *
  FROM `PROJECT`.`DATASET`.`order_plans`
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
)
SELECT
  `plans`.`as_of`,
  `listed`.`job`,
  `plans`.`run_id`,
  `plans`.`warehouse_id`,
  `plans`.`category`,
  `plans`.`currency`,
  COUNT(*) AS `items`,
  SUM(CASE WHEN `plans`.`order_quantity` > 0 THEN 1 ELSE 0 END) AS `items_ordered`,
  SUM(`plans`.`order_value`) AS `order_value`,
  AVG(`plans`.`service_target`) AS `mean_service_target`,
  AVG(`plans`.`fill_rate`) AS `mean_fill_rate`,
  AVG(`plans`.`no_order_fill_rate`) AS `mean_no_order_fill_rate`,
  SUM(
    CASE
      WHEN `plans`.`target_measure` = 'fill rate'
      AND `plans`.`fill_rate` < `plans`.`service_target`
      THEN 1
      WHEN `plans`.`target_measure` = 'cycle service'
      AND `plans`.`cycle_service` < `plans`.`service_target`
      THEN 1
      ELSE 0
    END
  ) AS `items_below_target`,
  SUM(`plans`.`expected_cost`) AS `expected_cost`,
  SUM(`plans`.`no_order_cost`) AS `no_order_cost`
FROM `plans`
JOIN `listed`
  ON `listed`.`run_id` = `plans`.`run_id` AND `listed`.`as_of` = `plans`.`as_of`
GROUP BY
  `plans`.`as_of`,
  `listed`.`job`,
  `plans`.`run_id`,
  `plans`.`warehouse_id`,
  `plans`.`category`,
  `plans`.`currency`
