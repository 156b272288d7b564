"""The addresses of the demo shop, and of help with a payment."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path, reverse_lazy

from orders.shop import cart_views, views
from orders.shop import help as help_pages
from orders.shop.sign_in import ShopSignIn
from orders.shop.statement import statement

urlpatterns = [
    path("shop/", views.shelf, name="shop"),
    path("shop/cart/", cart_views.cart_page, name="shop-cart"),
    path("shop/cart/add", cart_views.add_to_cart, name="shop-cart-add"),
    path("shop/sign-in/", ShopSignIn.as_view(), name="shop-sign-in"),
    path("shop/sign-out/", LogoutView.as_view(next_page=reverse_lazy("shop")), name="shop-sign-out"),
    path("shop/orders/", views.orders, name="shop-orders"),
    path("shop/orders/<slug:token>/", views.order_page, name="shop-order"),
    path("shop/orders/<slug:token>/status", views.order_status, name="shop-order-status"),
    path("shop/orders/<slug:token>/pay", views.pay, name="shop-order-pay"),
    path("shop/orders/<slug:token>/cancel", views.cancel_order, name="shop-order-cancel"),
    path("c/<slug:token>/help", help_pages.help_form, name="help"),
    path("h/<slug:token>/", help_pages.case, name="case"),
    path("h/<slug:token>/say", help_pages.say, name="case-say"),
    path("h/<slug:token>/files/<int:file_id>", help_pages.case_file, name="case-file"),
    path("h/statements/<slug:token>/", statement, name="statement"),
]
