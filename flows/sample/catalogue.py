"""Names of the sample's warehouses, items and instruments."""

WAREHOUSES = (
    "rotterdam", "antwerp", "hamburg", "lyon", "milan", "madrid", "lisbon", "dublin",
    "manchester", "copenhagen", "stockholm", "oslo", "helsinki", "warsaw", "prague", "vienna",
    "budapest", "zurich", "munich", "leipzig", "lille", "turin", "seville", "porto",
)  # fmt: skip

# Category -> (items, typical unit cost, share of items that sell rarely, yearly season).
CATEGORIES: dict[str, tuple[tuple[str, ...], float, float, float]] = {
    "coffee": (
        ("coffee-beans-1kg", "coffee-ground-500g", "espresso-capsules-50", "decaf-beans-1kg",
         "cold-brew-1l", "instant-coffee-200g"),
        7.5, 0.1, 0.15,
    ),
    "tea": (
        ("earl-grey-100", "green-tea-100", "herbal-mix-60", "matcha-100g", "rooibos-80",
         "oolong-50"),
        4.0, 0.3, 0.25,
    ),
    "snacks": (
        ("almonds-500g", "trail-mix-1kg", "oat-bars-24", "rice-cakes-12", "pretzels-400g",
         "dark-chocolate-20", "cashews-500g", "crackers-300g"),
        5.0, 0.1, 0.1,
    ),
    "drinks": (
        ("lemonade-6x1l", "ginger-beer-24", "sparkling-water-12", "iced-tea-24",
         "orange-juice-12", "apple-juice-12", "tonic-24", "kombucha-12"),
        9.0, 0.05, 0.55,
    ),
    "household": (
        ("dish-soap-1l", "laundry-3l", "paper-towels-12", "bin-bags-100", "sponges-20",
         "glass-cleaner-1l", "floor-cleaner-2l", "foil-50m"),
        6.0, 0.2, 0.0,
    ),
    "garden": (
        ("potting-soil-40l", "tomato-feed-1l", "garden-gloves", "hose-20m", "pruning-shears",
         "grass-seed-5kg", "bird-food-10kg", "watering-can-10l"),
        11.0, 0.3, 0.8,
    ),
    "spare-parts": (
        ("pump-seal-40", "filter-cartridge-x2", "drive-belt-1200", "bearing-6204",
         "solenoid-24v", "gasket-set-b", "thermostat-t90", "fuse-kit-10a"),
        28.0, 1.0, 0.0,
    ),
    "seasonal": (
        ("gift-box-large", "string-lights-10m", "advent-calendar", "mulled-wine-6",
         "hot-chocolate-1kg", "gingerbread-800g", "candles-24", "beach-towel"),
        12.0, 0.2, -0.9,
    ),
}  # fmt: skip

# Litres a unit of each category takes in a warehouse.
VOLUMES = {
    "coffee": 2.0, "tea": 0.8, "snacks": 2.5, "drinks": 9.0,
    "household": 6.0, "garden": 14.0, "spare-parts": 1.5, "seasonal": 8.0,
}  # fmt: skip

SECTORS = ("technology", "health", "energy", "finance", "industry", "consumer")
EQUITIES = tuple(f"{sector[:3].upper()}{number}" for number in range(1, 9) for sector in SECTORS)[
    :46
]
FOREIGN = {"TEC3": "EUR", "FIN4": "EUR", "IND5": "EUR", "HEA6": "GBP", "CON2": "JPY", "ENE7": "GBP"}
ETFS = (
    "WORLD", "EUROPE", "EMERGING", "SMALLCAP", "VALUE", "MOMENTUM", "TECHFUND", "HEALTHFUND",
    "ENERGYFUND", "BANKS", "REALESTATE", "GOLDFUND",
)  # fmt: skip
CURRENCIES = {"EURUSD": 1.12, "GBPUSD": 1.31, "JPYUSD": 0.0068, "CHFUSD": 1.18, "AUDUSD": 0.67,
              "CADUSD": 0.73}  # fmt: skip
# Bond -> (curve, years to maturity, coupon, currency).
BONDS = {
    "USGOV-2Y": ("USD-GOV", 2.0, 0.041, "USD"),
    "USGOV-5Y": ("USD-GOV", 5.0, 0.039, "USD"),
    "USGOV-10Y": ("USD-GOV", 10.0, 0.040, "USD"),
    "USGOV-30Y": ("USD-GOV", 29.0, 0.043, "USD"),
    "EUGOV-3Y": ("EUR-GOV", 3.0, 0.022, "EUR"),
    "EUGOV-7Y": ("EUR-GOV", 7.0, 0.024, "EUR"),
    "EUGOV-10Y": ("EUR-GOV", 10.0, 0.026, "EUR"),
    "EUGOV-20Y": ("EUR-GOV", 20.0, 0.030, "EUR"),
}
# Option -> (underlying, type, strike over spot, days to expiry, implied volatility).
OPTIONS = {
    "TEC1-C105-DEC": ("TEC1", "call", 1.05, 48, 0.31),
    "TEC1-P090-MAR": ("TEC1", "put", 0.90, 139, 0.34),
    "HEA2-C110-JUN": ("HEA2", "call", 1.10, 230, 0.24),
    "ENE1-P095-DEC": ("ENE1", "put", 0.95, 48, 0.36),
    "FIN2-C100-JAN": ("FIN2", "call", 1.00, 76, 0.27),
    "FIN2-P085-JUN": ("FIN2", "put", 0.85, 230, 0.32),
    "IND1-C105-MAR": ("IND1", "call", 1.05, 139, 0.25),
    "CON1-P095-MAR": ("CON1", "put", 0.95, 139, 0.26),
}
EXPIRED_OPTION = "TEC2-C100-OCT"
TENORS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0)
