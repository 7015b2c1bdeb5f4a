"""Rows as JSON."""

from rest_framework import serializers

from orders.models import Customer, Order, OrderItem, Product


class OrderSerializer(serializers.ModelSerializer):
    """An order by itself."""

    customer_id = serializers.PrimaryKeyRelatedField(source="customer", queryset=Customer.objects.all())

    class Meta:
        model = Order
        fields = ("id", "customer_id", "status", "total", "note", "created")


class CustomerSerializer(serializers.ModelSerializer):
    """Who ordered."""

    class Meta:
        model = Customer
        fields = ("id", "name", "email")


class ProductSerializer(serializers.ModelSerializer):
    """What was ordered."""

    class Meta:
        model = Product
        fields = ("name",)


class ItemSerializer(serializers.ModelSerializer):
    """A line with its product."""

    product = ProductSerializer()

    class Meta:
        model = OrderItem
        fields = ("quantity", "price", "product")


class FullOrderSerializer(serializers.ModelSerializer):
    """An order with its customer and its lines."""

    customer = CustomerSerializer()
    items = ItemSerializer(many=True)

    class Meta:
        model = Order
        fields = ("id", "status", "total", "created", "customer", "items")
