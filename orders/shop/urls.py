"""The addresses of the demo shop, and of help with a payment."""

from __future__ import annotations

from django.urls import path

from orders.shop import help as help_pages
from orders.shop import views
from orders.shop.statement import statement

urlpatterns = [
    path("shop/", views.shelf, name="shop"),
    path("shop/orders/", views.order, name="shop-submit"),
    path("shop/orders/<slug:token>/", views.order_page, name="shop-order"),
    path("shop/orders/<slug:token>/status", views.order_status, name="shop-order-status"),
    path("shop/orders/<slug:token>/pay", views.pay, name="shop-order-pay"),
    path("shop/orders/<slug:token>/cancel", views.cancel_order, name="shop-order-cancel"),
    path("shop/orders/<slug:token>/help", help_pages.from_order, name="shop-order-help"),
    path("c/<slug:token>/help", help_pages.from_counter, name="help"),
    path("h/<slug:token>/", help_pages.case, name="case"),
    path("h/<slug:token>/say", help_pages.say, name="case-say"),
    path("h/<slug:token>/files/<int:file_id>", help_pages.case_file, name="case-file"),
    path("h/statements/<slug:token>/", statement, name="statement"),
]
