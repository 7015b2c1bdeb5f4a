"""Operations on the demo store's orders: `ship_order` in REST, GraphQL and SOAP."""

from dataclasses import dataclass
from datetime import UTC, datetime

import trivet


@dataclass
class Shipment:
    """What was sent, and when (UTC)."""

    order_id: int
    shipped_at: datetime
    pieces: int


@trivet.operation(roles=["clerk"])
def ship_order(ctx: trivet.Context, order_id: int, note: str | None = None) -> Shipment:
    """Ship a paid order: take its pieces out of the stock, and mark it as shipped.

    Args:
        order_id: The order's number.
        note: A remark, in place of the order's own.
    """
    order = ctx.database.get("orders", order_id)
    if order is None:
        raise trivet.Problem(f"There is no order {order_id}", code="NO_ORDER", status=404)
    if order["status"] != "paid":
        raise trivet.Problem(
            f"Order {order_id} is {order['status']}: only what is paid can be shipped", code="NOT_PAID", status=409
        )
    pieces = 0
    for item in ctx.database.list("order_items", {"order_id": {"_eq": order_id}}, order_by={"line_no": "asc"}):
        product = ctx.database.get("products", item["product_id"])
        assert product is not None
        if product["stock"] < item["quantity"]:
            raise trivet.Problem(
                f"Only {product['stock']} of {product['name']} are left",
                code="OUT_OF_STOCK",
                status=409,
                details={"product_id": product["id"], "stock": product["stock"], "wanted": item["quantity"]},
            )
        stock = {"stock": product["stock"] - item["quantity"]}
        ctx.database.update("products", {"id": {"_eq": product["id"]}}, stock)
        pieces += item["quantity"]
    shipped_at = datetime.now(UTC).replace(microsecond=0)
    values = {"status": "shipped", "shipped_at": shipped_at.replace(tzinfo=None)}
    ctx.database.update("orders", {"id": {"_eq": order_id}}, values | ({"note": note} if note else {}))
    ctx.log.info("order %s shipped by %s: %s pieces", order_id, ctx.principal.subject, pieces)
    return Shipment(order_id, shipped_at, pieces)
