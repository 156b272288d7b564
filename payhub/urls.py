"""The one address space. Every screen and route lives in the app that owns the thing it shows."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from payhub.sign_in import BackOfficeSignInForm

admin.site.site_title = admin.site.site_header = _("payhub back office")
admin.site.login_form = BackOfficeSignInForm
admin.site.index_title = _("Payments, orders, exceptions")
urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("payhub.health.urls")),
]
if apps.is_installed("orders"):  # the payment centre stands alone as well (settings_cashier_only)
    urlpatterns += [
        path("", include("orders.shop.urls")),
        path("", include("orders.portal.urls")),
        path("", include("orders.api.urls")),
        path("", include("orders.tour.urls")),
        path("", include("reconciliation.portal.urls")),
        path("", include("reconciliation.api.urls")),
    ]
# Last: where an app above has a page for `help`, that one is shown.
urlpatterns += [path("", include("cashier.web.urls"))]

handler404 = "payhub.error_pages.not_found"
handler500 = "payhub.error_pages.server_error"
