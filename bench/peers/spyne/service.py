"""Orders in SOAP by Spyne: two operations over PostgreSQL, as a WSGI application."""

import os

from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from spyne import Application, ComplexModel, DateTime, Decimal, Integer, Iterable, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

_COLUMNS = "id, customer_id, status, total, note, created"
_pool = ConnectionPool(os.environ["DATABASE_URL"], max_size=4, kwargs={"row_factory": dict_row, "autocommit": True})


class Order(ComplexModel):
    """An order by itself."""

    __namespace__ = "urn:orders"
    id = Integer
    customer_id = Integer
    status = Unicode
    total = Decimal
    note = Unicode
    created = DateTime


class Orders(ServiceBase):
    """The operations."""

    @rpc(Integer, _returns=Order)
    def GetOrder(self, id):
        with _pool.connection() as connection:
            row = connection.execute(f"select {_COLUMNS} from orders where id = %s", (id,)).fetchone()
        return row and Order(**row)

    @rpc(Unicode, Integer, _returns=Iterable(Order))
    def ListOrders(self, status, limit):
        query = f"select {_COLUMNS} from orders where status = %s order by created desc limit %s"
        with _pool.connection() as connection:
            rows = connection.execute(query, (status, min(limit, 100))).fetchall()
        return [Order(**row) for row in rows]


_application = Application([Orders], "urn:orders", in_protocol=Soap11(validator="lxml"), out_protocol=Soap11())
application = WsgiApplication(_application)
