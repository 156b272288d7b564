"""manage.py schedule: write settings.PAYHUB_BEAT into django-celery-beat's tables."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from payhub.db import committed

OURS = "payhub: "  # entries whose names do not begin so are somebody else's and left alone


class Command(BaseCommand):
    """Safe to repeat; entries of ours that PAYHUB_BEAT no longer has are removed."""

    help = "Write settings.PAYHUB_BEAT into django-celery-beat's tables."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them in one transaction, so that the scheduler never sees half of them."""
        with committed():
            for task, every_s in settings.PAYHUB_BEAT:
                _put(task, every_s)
            names = [OURS + task for task, _ in settings.PAYHUB_BEAT]
            gone = PeriodicTask.objects.filter(name__startswith=OURS).exclude(name__in=names)
            removed = gone.count()
            gone.delete()
        self.stderr.write(f"{len(names)} tasks are scheduled, {removed} were removed.")


def _put(task: str, every_s: int) -> None:
    interval, _ = IntervalSchedule.objects.get_or_create(every=every_s, period=IntervalSchedule.SECONDS)
    entry, _ = PeriodicTask.objects.get_or_create(name=OURS + task, defaults={"task": task, "interval": interval})
    entry.task, entry.interval, entry.enabled = task, interval, True
    # After an outage of the workers the sweeps that piled up are of no use: one is enough.
    entry.expire_seconds = max(2 * every_s, 5)
    entry.save()
