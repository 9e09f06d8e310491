"""Stock inputs and order plans."""

from storage.tables.demand import ITEM, SERIES, WAREHOUSE
from storage.tables.table import Column, input_table, output_table

STOCK = input_table(
    "stock",
    "Stock position and costs per warehouse and item, at the close of `as_of`.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("on_hand", "float", "units in the building", minimum=0),
        Column("lead_time_mean", "float", "mean periods from order to receipt", positive=True),
        Column(
            "lead_time_deviation",
            "float",
            "standard deviation of the lead time, periods",
            minimum=0,
        ),
        Column("review_period", "integer", "periods between orders", minimum=1),
        Column("holding_cost", "float", "money per unit and period", minimum=0),
        Column("shortage_cost", "float", "money per unit short", minimum=0),
        Column("ordering_cost", "float", "money per order", minimum=0),
        Column(
            "service_target",
            "float",
            "fill rate to reach, fraction in (0, 1)",
            minimum=0,
            maximum=1,
            advice="95% is 0.95",
        ),
        Column(
            "capacity",
            "float",
            "units that stock and orders on the way may fill; null is no limit",
            nullable=True,
            required=False,
            positive=True,
        ),
    ),
    key=("warehouse_id", "item_id"),
    entity=SERIES,
)

OPEN_ORDERS = input_table(
    "open_orders",
    "Orders on the way, by arrival.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("ds", "timestamp", "period of arrival"),
        Column("quantity", "float", "units on order", positive=True),
    ),
    key=("warehouse_id", "item_id", "ds"),
    entity=SERIES,
)

POLICIES = (
    "newsvendor",
    "base-stock",
    "(s, S)",
    "(s, nQ)",
    "(r, Q)",
    "capped base-stock",
    "forecast-driven order-up-to",
)

ORDER_PLANS = output_table(
    "order_plans",
    "What to order tonight, and what it is expected to cost and to serve.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("category", "text", "the item's category"),
        Column("on_hand", "float", "units in the building", minimum=0),
        Column("on_order", "float", "units on the way", minimum=0),
        Column("lead_time_mean", "float", "mean periods from order to receipt", minimum=0),
        Column("review_period", "integer", "periods between orders", minimum=1),
        Column(
            "policy",
            "text",
            "how the item is ordered at a review: up to a level (once, always, from the reorder "
            "point down, or as the forecast moves it), by lots, or by no more than a cap",
            choices=POLICIES,
        ),
        Column(
            "reorder_point",
            "float",
            "tonight: order when the position is at or below it, units",
            minimum=0,
        ),
        Column(
            "order_up_to",
            "float",
            "tonight's level, which the order raises the position to, of lots the highest it can, "
            "units",
            minimum=0,
        ),
        Column(
            "lot", "float", "of an order by lots, units; else null", nullable=True, positive=True
        ),
        Column(
            "order_cap",
            "float",
            "most units of one order; null where there is no cap",
            nullable=True,
            positive=True,
        ),
        Column("order_quantity", "float", "units to order now, whole cases", minimum=0),
        Column("order_value", "float", "order_quantity at unit cost, money", minimum=0),
        Column("currency", "text", "of every amount of money in the row"),
        Column("service_target", "float", "asked of target_measure", minimum=0, maximum=1),
        Column(
            "target_measure",
            "text",
            "what the target is asked of: fill rate, cycle service, or cost (of nothing)",
        ),
        Column(
            "feasible",
            "boolean",
            "whether a policy tried met the target, on the paths that it was chosen on",
        ),
        Column(
            "fill_rate",
            "float",
            "share of demand served from stock, from the first period a new order can reach; as "
            "all figures, on paths that the policy was not chosen on",
            minimum=0,
            maximum=1,
        ),
        Column("fill_rate_standard_error", "float", "Monte Carlo error of fill_rate", minimum=0),
        Column(
            "cycle_service",
            "float",
            "share of periods without shortage, from the first that a new order can reach",
            minimum=0,
            maximum=1,
        ),
        Column(
            "cycle_service_standard_error", "float", "Monte Carlo error of cycle_service", minimum=0
        ),
        Column(
            "expected_cost",
            "float",
            "holding + shortage + ordering, money over the horizon",
            minimum=0,
        ),
        Column(
            "expected_cost_standard_error", "float", "Monte Carlo error of expected_cost", minimum=0
        ),
        Column(
            "no_order_cost",
            "float",
            "expected cost over the horizon if nothing is ordered",
            minimum=0,
        ),
        Column(
            "no_order_cost_standard_error", "float", "Monte Carlo error of no_order_cost", minimum=0
        ),
        Column(
            "no_order_fill_rate", "float", "the same if nothing is ordered", minimum=0, maximum=1
        ),
        Column(
            "no_order_fill_rate_standard_error",
            "float",
            "Monte Carlo error of no_order_fill_rate",
            minimum=0,
        ),
        Column(
            "stock_out_risk",
            "float",
            "probability of a shortage before an order placed tonight would arrive",
            minimum=0,
            maximum=1,
        ),
        Column(
            "stock_out_risk_standard_error",
            "float",
            "Monte Carlo error of stock_out_risk",
            minimum=0,
        ),
        Column(
            "stock_out_cost",
            "float",
            "expected shortage until an order placed tonight would arrive, money",
            minimum=0,
        ),
        Column(
            "stock_out_cost_standard_error",
            "float",
            "Monte Carlo error of stock_out_cost",
            minimum=0,
        ),
        Column(
            "periods_of_cover",
            "float",
            "position over mean demand, periods; null if none",
            nullable=True,
            minimum=0,
        ),
        Column(
            "cover_after_order",
            "float",
            "position and order over mean demand, periods; null if none",
            nullable=True,
            minimum=0,
        ),
        Column("reason", "text", "why this quantity: target met, minimum order, no need, …"),
    ),
    key=("warehouse_id", "item_id"),
    entity=SERIES,
)

POINTS = ("candidate", "today", "no order")

SERVICE_COST_CURVES = output_table(
    "service_cost_curves",
    "What each level of the policy costs and serves, with the lot or cap chosen, and what "
    "tonight's position and no order would.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("number", "integer", "of the point, from 0", minimum=0),
        Column(
            "point",
            "text",
            "a level tried, tonight's position kept as level, or ordering nothing at all",
            choices=POINTS,
        ),
        Column("chosen", "boolean", "whether the plan orders up to it, before any shared budget"),
        Column("order_up_to", "float", "level, units", minimum=0),
        Column("reorder_point", "float", "order when the position is at or below it, units"),
        Column("expected_cost", "float", "money over the horizon", minimum=0),
        Column("expected_cost_standard_error", "float", "Monte Carlo error, money", minimum=0),
        Column(
            "in_sample_cost",
            "float",
            "the same on the paths that policies are chosen on, by which a shared limit chooses",
            minimum=0,
        ),
        Column("fill_rate", "float", "share of demand served from stock", minimum=0, maximum=1),
        Column("fill_rate_standard_error", "float", "Monte Carlo error", minimum=0),
        Column("cycle_service", "float", "share of periods without shortage", minimum=0, maximum=1),
        Column("cycle_service_standard_error", "float", "Monte Carlo error", minimum=0),
        Column("cost_over_chosen", "float", "cost less that of the chosen level, paired, money"),
        Column("cost_over_chosen_standard_error", "float", "of the paired difference", minimum=0),
        Column("currency", "text", "of every amount of money in the row"),
    ),
    key=("warehouse_id", "item_id", "number"),
    entity=SERIES,
)

EXCEPTIONS = (
    "stock-out risk",
    "overstock",
    "long order",
    "over budget",
    "over capacity",
    "no feasible plan",
)

ORDER_EXCEPTIONS = output_table(
    "order_exceptions",
    "Items that need a planner's eye, each with its reason.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("kind", "text", "why it needs a look", choices=EXCEPTIONS),
        Column("money", "float", "what is at stake over the horizon, money"),
        Column("currency", "text", "of the money"),
        Column("reason", "text", "in words"),
    ),
    key=("warehouse_id", "item_id", "kind"),
    entity=SERIES,
)

WAREHOUSE_BUDGETS = output_table(
    "warehouse_budgets",
    "Tonight's orders of each warehouse that has a budget, and what a little more money would buy.",
    columns=(
        WAREHOUSE,
        Column("budget", "float", "money for tonight's orders", minimum=0),
        Column("wanted", "float", "value of the orders without the budget, money", minimum=0),
        Column("used", "float", "value of the orders within it, money", minimum=0),
        Column("items", "integer", "items planned", minimum=0),
        Column("items_cut", "integer", "items whose order the budget cut", minimum=0),
        Column("expected_cost", "float", "of all items over the horizon, money", minimum=0),
        Column("expected_cost_standard_error", "float", "Monte Carlo error, money", minimum=0),
        Column("cost_without_budget", "float", "the same without the budget, money", minimum=0),
        Column(
            "cost_without_budget_standard_error", "float", "Monte Carlo error, money", minimum=0
        ),
        Column(
            "shadow_price",
            "float",
            "cost that the next unit of money saves; 0 where the budget does not bind",
            minimum=0,
        ),
        Column("more", "float", "money added in saving_of_more", minimum=0),
        Column("saving_of_more", "float", "cost over the horizon that it saves", minimum=0),
        Column("currency", "text", "of every amount of money in the row"),
    ),
    key=("warehouse_id",),
    entity=("warehouse_id",),
)

WAREHOUSE_CAPACITIES = output_table(
    "warehouse_capacities",
    "What each warehouse that has a capacity holds and orders, and what a little more space would "
    "save.",
    columns=(
        WAREHOUSE,
        Column("capacity", "float", "space that stock and orders may take", positive=True),
        Column("held", "float", "space of stock and orders on the way, before tonight", minimum=0),
        Column("wanted", "float", "space of tonight's orders without the capacity", minimum=0),
        Column("used", "float", "space of tonight's orders within it", minimum=0),
        Column("items", "integer", "items planned", minimum=0),
        Column("items_cut", "integer", "items whose order the capacity cut", minimum=0),
        Column("expected_cost", "float", "of all items over the horizon, money", minimum=0),
        Column("expected_cost_standard_error", "float", "Monte Carlo error, money", minimum=0),
        Column("cost_without_capacity", "float", "the same without the capacity, money", minimum=0),
        Column(
            "cost_without_capacity_standard_error", "float", "Monte Carlo error, money", minimum=0
        ),
        Column(
            "shadow_price",
            "float",
            "cost that the next unit of space saves, money; 0 where the capacity does not bind",
            minimum=0,
        ),
        Column("more", "float", "space added in saving_of_more", minimum=0),
        Column("saving_of_more", "float", "cost over the horizon that it saves", minimum=0),
        Column("currency", "text", "of every amount of money in the row"),
    ),
    key=("warehouse_id",),
    entity=("warehouse_id",),
)

POLICY_GAPS = output_table(
    "policy_gaps",
    "Of the dearest items for which the best orders of all can be computed: what the policy, and "
    "the best, cost.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("policy", "text", "as of order_plans", choices=POLICIES),
        Column("expected_cost", "float", "of the plan on the forecast's paths, money", minimum=0),
        Column(
            "expected_cost_standard_error", "float", "Monte Carlo error of expected_cost", minimum=0
        ),
        Column(
            "policy_cost",
            "float",
            "the same, exactly, on demand that is independent from period to period, money",
            minimum=0,
        ),
        Column(
            "cheapest_level_cost",
            "float",
            "of the level of the curve that costs least whatever it serves, exactly, money",
            minimum=0,
        ),
        Column(
            "order_cost",
            "float",
            "of tonight's order and the best ones after it, exactly, money",
            minimum=0,
        ),
        Column("least_cost", "float", "of the best orders there are, exactly, money", minimum=0),
        Column("currency", "text", "of every amount of money in the row"),
    ),
    key=("warehouse_id", "item_id"),
    entity=SERIES,
)
