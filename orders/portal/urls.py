"""The addresses of the merchants' portal."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from orders.portal import views
from payhub.sign_in import SignInForm

sign_in = LoginView.as_view(
    template_name="portal/login.html", authentication_form=SignInForm, redirect_authenticated_user=True
)
urlpatterns = [
    path("login/", sign_in, name="login"),
    path("logout/", LogoutView.as_view(next_page="login"), name="logout"),
    path("m/", views.order_list, name="portal-orders"),
    path("m/orders/<slug:order_no>/", views.order_page, name="portal-order"),
    path("m/orders/<slug:order_no>/fulfil", views.fulfil_order, name="portal-fulfil"),
    path("m/orders/<slug:order_no>/cancel", views.cancel_order, name="portal-cancel"),
]
