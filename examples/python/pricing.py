"""Prices what a customer asks for: hears quote.requested, says quote.priced."""

import os

from event_bus import LEASE_MS, Consumer, caused_by

SOURCE = "pricing.py"
PRICES = {"PROD-001": 149.99, "PROD-002": 19.5, "PROD-003": 999.0}


def price(event):
    quote = event["payload"]
    items = [{**item, "price": PRICES[item["sku"]]} for item in quote["items"]]
    total = round(sum(item["price"] * item["quantity"] for item in items), 2)
    return [caused_by(event, "quote.priced", {**quote, "items": items, "total_amount": total}, SOURCE)]


Consumer(
    url=os.environ.get("EVENT_BUS_URL", "redis://localhost:6379"),
    group="pricing",
    types=["quote.requested"],
    work=price,
    lease_ms=int(os.environ.get("LEASE_MS", LEASE_MS)),
).run()
