"""How far the plan is from the best orders there are."""

from reports.sections.section import SERIES_COLUMNS, Listing, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import amount, count, currencies, number, percent, plural

MOST_ITEMS = 25


def gap_listings(tables: Tables) -> list[Listing]:
    """Return the table of items whose best orders could be computed, where there are any."""
    if not has(tables, "policy_gaps"):
        return []
    rows = tables["policy_gaps"]
    rows = rows.assign(
        order_gap=rows["order_cost"] - rows["least_cost"],
        policy_gap=rows["policy_cost"] - rows["least_cost"],
    ).sort_values("order_gap", ascending=False, kind="stable")
    least = rows["least_cost"].sum()
    share = {
        name: percent((rows[name].sum() - least) / least) if least > 0.0 else percent(0.0)
        for name in ("order_cost", "cheapest_level_cost", "policy_cost")
    }
    columns = [
        *SERIES_COLUMNS,
        PageColumn("expected_cost", "cost of the plan", amount),
        PageColumn("expected_cost_standard_error", "\N{PLUS-MINUS SIGN}", number),
        PageColumn("policy_cost", "exactly", amount),
        PageColumn("cheapest_level_cost", "cheapest level", amount),
        PageColumn("order_cost", "tonight's order, then the best", amount),
        PageColumn("least_cost", "best orders", amount),
        PageColumn("order_gap", "tonight's order loses", number),
        PageColumn("policy_gap", "the policy loses", number),
    ]
    note = (
        f"{plural(len(rows), 'item')} with few enough states for dynamic programming, the "
        f"dearest first looked at. Money in {currencies(rows)} over the horizon. Against the best "
        f"of all orders, {count(least)}: tonight's orders, with the best ones after, cost "
        f"{share['order_cost']} more; the policies followed throughout, {share['policy_cost']}; "
        f"with levels of least cost instead of those that targets ask for, "
        f"{share['cheapest_level_cost']}. The best orders know that the horizon ends and leave "
        "nothing for later, which a policy does not. Exact costs are on demand that is "
        "independent from period to period, without a Monte Carlo error; the plan's own, with "
        "its error, is on the forecast's paths."
    )
    table = page_table(rows, columns, source="policy_gaps", most=MOST_ITEMS)
    gist = (
        f"tonight's orders cost {share['order_cost']} more than the best of all, on "
        f"{plural(len(rows), 'item')} for which these can be computed"
    )
    return [Listing("Distance to the best orders", table, note, gist)]
