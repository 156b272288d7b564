"""The floor's five views. No rules, no signatures, no trail, no events: only what must be durable."""

from __future__ import annotations

import http.client
import json
import os
import secrets  # noqa: TID251 - the floor stands beside payhub, as a program without it would be
import threading
from urllib.parse import urlsplit

from django.db import transaction  # noqa: TID251 - the same
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from bench.floor.models import Attempt, Fact, Payment

_PROVIDER = urlsplit(os.environ["BENCH_PROVIDER"])
_own = threading.local()  # one kept connection for each thread


def _ask_provider(number: str, amount_minor: int) -> str:
    if not hasattr(_own, "connection"):
        _own.connection = http.client.HTTPConnection(str(_PROVIDER.hostname), _PROVIDER.port)
    body = json.dumps({"out_trade_no": number, "amount": {"total": amount_minor, "currency": "CNY"}})
    _own.connection.request("POST", "/v3/pay/transactions/native", body, {"Content-Type": "application/json"})
    return str(json.load(_own.connection.getresponse())["code_url"])


@csrf_exempt
def create(request: HttpRequest) -> HttpResponse:
    """One insert."""
    said = json.loads(request.body)
    payment = Payment.objects.create(
        token=secrets.token_hex(16),
        order_no=said["merchant_order_no"],
        amount_minor=said["amount_minor"],
        title=said["title"],
    )
    return JsonResponse({"token": payment.token}, status=201)


def page(request: HttpRequest, token: str) -> HttpResponse:
    """A template over as many statements as payhub's page takes: two to choose how to pay, one once there is a code."""
    attempts = list(Attempt.objects.select_related("payment").filter(payment__token=token).order_by("id"))
    payment = attempts[0].payment if attempts else Payment.objects.get(token=token)
    ways = [] if attempts else list(Payment.objects.filter(pk=payment.pk))
    return render(request, "page.html", {"payment": payment, "attempts": attempts, "ways": ways})


def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Lock, insert, commit; ask the provider; update."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(token=token)
        attempt = Attempt.objects.create(number=secrets.token_hex(12), payment=payment)
    code = _ask_provider(attempt.number, payment.amount_minor)
    Attempt.objects.filter(pk=attempt.pk, state="PAYING").update(code_url=code)
    return HttpResponseRedirect(f"/p/{token}")


@csrf_exempt
def settle(request: HttpRequest) -> HttpResponse:
    """Lock, insert, two updates."""
    said = json.loads(request.body)
    with transaction.atomic():
        attempt = (
            Attempt.objects.select_related("payment").select_for_update(of=("payment",)).get(number=said["number"])
        )
        Fact.objects.create(attempt=attempt, said=said)
        Attempt.objects.filter(pk=attempt.pk).update(state="SUCCEEDED")
        Payment.objects.filter(pk=attempt.payment.pk).update(state="PAID")
    return HttpResponse(status=204)


def status(request: HttpRequest, token: str) -> HttpResponse:
    """One select."""
    payment = Payment.objects.get(token=token)
    return JsonResponse({"state": payment.state, "title": payment.title, "amount_minor": payment.amount_minor})


urlpatterns = [
    path("create", create),
    path("settle", settle),
    path("p/<slug:token>", page),
    path("p/<slug:token>/pay", pay),
    path("p/<slug:token>/status", status),
]
