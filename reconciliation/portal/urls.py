"""The addresses of the merchants' statements."""

from __future__ import annotations

from django.urls import path

from reconciliation.portal import views

urlpatterns = [
    path("m/statements/", views.statement_list, name="portal-statements"),
    path("m/statements/<str:account_code>/<str:currency>/<str:period>/", views.statement_page, name="portal-statement"),
    path(
        "m/statements/<str:account_code>/<str:currency>/<str:period>/<str:figure>/",
        views.entry_list,
        name="portal-statement-entries",
    ),
]
