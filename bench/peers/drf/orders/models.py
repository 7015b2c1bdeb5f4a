"""The store's tables, which are there already."""

from django.db import models


class Customer(models.Model):
    """Who orders."""

    id = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=100)
    email = models.CharField(max_length=200, unique=True)
    city = models.CharField(max_length=100)

    class Meta:
        managed = False
        db_table = "customers"


class Product(models.Model):
    """What is ordered."""

    id = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=120)
    price = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        managed = False
        db_table = "products"


class Order(models.Model):
    """An order."""

    id = models.AutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT)
    status = models.CharField(max_length=20)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    note = models.TextField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    branch = models.CharField(max_length=20, default="north")

    class Meta:
        managed = False
        db_table = "orders"


class OrderItem(models.Model):
    """A line of an order."""

    id = models.IntegerField(primary_key=True)
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.IntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        managed = False
        db_table = "order_items"
