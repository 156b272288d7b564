"""Events and their deliveries; a parked delivery can be tried again."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from payhub import clock
from payhub.outbox.deliver import revive
from payhub.outbox.models import Delivery, DeliveryState, Event
from payhub.read_only_admin import ReadOnlyAdmin, ReadOnlyRows


class _Deliveries(ReadOnlyRows):
    model = Delivery
    fields = ("consumer", "state", "tries", "next_at", "done_at", "last_error")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events."""

    list_display = ("event_id", "created_at", "name", "subject")
    search_fields = ("event_id__exact", "subject__exact")
    search_help_text = _("A whole event id or subject (payment:P…)")
    inlines = (_Deliveries,)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Deliveries."""

    list_display = ("pk", "event", "consumer", "state", "tries", "next_at", "done_at")
    list_filter = ("state",)
    list_select_related = ("event",)
    search_fields = ("event__event_id__exact", "event__subject__exact")
    actions = ("try_again",)

    def has_revive_permission(self, request: HttpRequest) -> bool:
        """Whoever may change deliveries may have parked ones tried again; nobody may edit them."""
        return request.user.has_perm("outbox.change_delivery")

    @admin.action(description=_("Try parked deliveries again"), permissions=["revive"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        """Revive the chosen ones that are parked."""
        parked = chosen.filter(state=DeliveryState.PARKED).order_by("pk").values_list("pk", flat=True)
        revived = [revive(pk, actor=f"staff:{request.user}", now=clock.now()) for pk in parked]
        self.message_user(request, _("%d deliveries will be tried again.") % sum(revived), messages.SUCCESS)
