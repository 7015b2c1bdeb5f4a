"""The views: generic ones, with the queries that they need."""

from django.db.models import QuerySet
from rest_framework import generics

from orders import models
from orders.serializers import FullOrderSerializer, OrderSerializer

_MOST = 100


class Order(generics.RetrieveAPIView):
    """One order by its key."""

    queryset = models.Order.objects.only("id", "customer_id", "status", "total", "note", "created")
    serializer_class = OrderSerializer


class Orders(generics.ListCreateAPIView):
    """The newest orders of a status, and new ones."""

    serializer_class = OrderSerializer

    def get_queryset(self) -> QuerySet[models.Order]:
        given = self.request.query_params
        found = models.Order.objects.filter(status=given["status"]).order_by("-created")
        found = found.only("id", "customer_id", "status", "total", "note", "created")
        return found[: min(int(given.get("limit", 20)), _MOST)]


class Page(generics.ListAPIView):
    """Orders behind a key, each with its customer and lines."""

    serializer_class = FullOrderSerializer

    def get_queryset(self) -> QuerySet[models.Order]:
        given = self.request.query_params
        found = models.Order.objects.filter(id__gt=int(given.get("after", 0))).order_by("id")
        found = found.select_related("customer").prefetch_related("items__product")
        return found[: min(int(given.get("limit", 10)), _MOST)]
