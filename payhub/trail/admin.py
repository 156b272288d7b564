"""The trail, to be searched by subject and person."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from payhub.read_only_admin import ReadOnlyAdmin
from payhub.trail.models import OperationRecord
from payhub.trail.words import ACTIONS


@admin.register(OperationRecord)
class OperationRecordAdmin(ReadOnlyAdmin):
    """Records of the trail."""

    list_display = ("at", "subject", "sequence", "what", "actor", "request_id")
    search_fields = ("subject__exact", "request_id__exact")
    search_help_text = _("A whole subject (payment:P…, order:O…) or request number")

    @admin.display(description=_("What happened"))
    def what(self, record: OperationRecord) -> str:
        """The action in words."""
        return str(ACTIONS.get(record.action, record.action))
