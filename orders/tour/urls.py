"""The addresses of the tour."""

from __future__ import annotations

from django.urls import path

from orders.tour import views

urlpatterns = [
    path("demo/tour/", views.tour, name="tour"),
    path("demo/tour/stop", views.stop, name="tour-stop"),
    path("demo/tour/<slug:slug>/start", views.start, name="tour-start"),
    path("demo/tour/<slug:slug>/<slug:token>/", views.walk, name="tour-walk"),
    path("demo/tour/<slug:slug>/<slug:token>/status", views.walk_status, name="tour-walk-status"),
    path("demo/tour/<slug:slug>/<slug:token>/act", views.press, name="tour-act"),
]
