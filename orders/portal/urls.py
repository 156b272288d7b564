"""The addresses of the merchants' portal."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from orders.portal import developers, exports, settings, views, webhooks
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
    path("m/orders/<slug:order_no>/refund", views.refund_order, name="portal-refund"),
    path("m/orders/<slug:order_no>/report", views.report_order, name="portal-report"),
    path("m/orders.csv", exports.at_once, name="portal-export"),
    path("m/exports/", exports.exports, name="portal-exports"),
    path("m/exports/<slug:export_no>.csv", exports.download, name="portal-export-file"),
    path("m/developers/", developers.index, name="portal-developers-index"),
    path("m/<slug:code>/developers/", developers.page, name="portal-developers"),
    path("m/<slug:code>/developers/keys", developers.make_key, name="portal-key-make"),
    path("m/<slug:code>/developers/keys/<int:key_id>/roll", developers.roll, name="portal-key-roll"),
    path("m/<slug:code>/developers/keys/<int:key_id>/revoke", developers.revoke, name="portal-key-revoke"),
    path("m/<slug:code>/developers/endpoints", developers.make_endpoint, name="portal-endpoint-make"),
    path("m/<slug:code>/settings/", settings.page, name="portal-settings"),
    path("m/<slug:code>/settings/help", settings.save_help, name="portal-help-address"),
    path("m/<slug:code>/settings/return-urls", settings.save_return_urls, name="portal-return-urls"),
    path("m/<slug:code>/webhooks/<slug:endpoint_no>/", webhooks.page, name="portal-webhook"),
    path("m/<slug:code>/webhooks/<slug:endpoint_no>/change", webhooks.change, name="portal-webhook-change"),
    path("m/<slug:code>/webhooks/<slug:endpoint_no>/roll", webhooks.roll, name="portal-webhook-roll"),
    path("m/<slug:code>/deliveries/<slug:delivery_no>/", webhooks.delivery_page, name="portal-delivery"),
    path("m/<slug:code>/deliveries/<slug:delivery_no>/resend", webhooks.send_again, name="portal-delivery-resend"),
]
