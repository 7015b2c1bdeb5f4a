"""The API's addresses."""

from django.urls import path
from orders import views

urlpatterns = [
    path("orders", views.Orders.as_view()),
    path("orders/page", views.Page.as_view()),
    path("orders/<int:pk>", views.Order.as_view()),
]
