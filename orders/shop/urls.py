"""The addresses of the demo shop."""

from __future__ import annotations

from django.urls import path

from orders.shop import views

urlpatterns = [
    path("shop/", views.shelf, name="shop"),
    path("shop/orders/", views.order, name="shop-submit"),
    path("shop/orders/<slug:token>/", views.order_page, name="shop-order"),
    path("shop/orders/<slug:token>/status", views.order_status, name="shop-order-status"),
    path("shop/orders/<slug:token>/pay", views.pay, name="shop-order-pay"),
    path("shop/orders/<slug:token>/cancel", views.cancel_order, name="shop-order-cancel"),
]
