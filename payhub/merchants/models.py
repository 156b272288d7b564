"""Who sells: the merchant, its policies about double payment, and who may see its things."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class DoublePaymentPolicy(models.TextChoices):
    """What a merchant wants against paying twice (docs/architecture.md, "Two policies")."""

    STRICT = "STRICT", _("Prevent: one live attempt at most")
    REFUND_EXTRA = "REFUND_EXTRA", _("Allow several, return every later success")


class LatePaymentPolicy(models.TextChoices):
    """What happens to money that arrives after its payment ended by time."""

    REFUND = "REFUND", _("Return it")
    ACCEPT = "ACCEPT", _("Take it and pay the order, if it was not cancelled")


class Merchant(models.Model):
    """A shop. `code` is its name in addresses and logs and never changes."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    # No real money: only test accounts pay its orders, only test keys open it. Whoever sells for real and wants to try
    # things has two merchants, so that nothing of the one can ever be seen, counted or booked with the other.
    is_test = models.BooleanField(default=False)
    double_payment_policy = models.CharField(
        max_length=20, choices=DoublePaymentPolicy.choices, default=DoublePaymentPolicy.STRICT
    )
    late_payment_policy = models.CharField(
        max_length=20, choices=LatePaymentPolicy.choices, default=LatePaymentPolicy.REFUND
    )
    auto_refund_limit_minor = models.BigIntegerField(default=0)  # surplus up to here goes back without approval
    second_approver_above_minor = models.BigIntegerField(default=1_000_000)  # refunds above need two approvers
    # Refunds that the merchant itself asks for, up to here, go back without payhub's approval.
    direct_refund_limit_minor = models.BigIntegerField(default=0)
    return_urls = models.JSONField(default=list, blank=True)  # where shoppers may be sent back to, exactly
    help_url = models.URLField(blank=True)
    help_phone = models.CharField(max_length=40, blank=True)
    help_email = models.EmailField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("merchant"), _("merchants")
        constraints = [
            models.CheckConstraint(
                name="merchant_limits_not_negative",
                condition=models.Q(
                    auto_refund_limit_minor__gte=0,
                    second_approver_above_minor__gte=0,
                    direct_refund_limit_minor__gte=0,
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do for the merchant."""

    OWNER = "OWNER", _("Owner")  # everything, keys and webhooks included
    FINANCE = "FINANCE", _("Finance")  # orders and refunds
    SUPPORT = "SUPPORT", _("Support")  # orders, without money


class Membership(models.Model):
    """A person who may see a merchant's orders."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.SUPPORT)

    class Meta:
        verbose_name, verbose_name_plural = _("member"), _("members")
        constraints = [models.UniqueConstraint(name="membership_once", fields=["user", "merchant"])]

    def __str__(self) -> str:
        return f"{self.user} @ {self.merchant}"
