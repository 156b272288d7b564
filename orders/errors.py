"""Everything that the shop's side refuses. The docstring is the sentence that people read; `code` never changes."""

from __future__ import annotations

import inspect
from typing import ClassVar

from django.utils.translation import gettext


class OrdersError(Exception):
    """This was refused. Nothing was changed; look at the order and decide anew."""

    code: ClassVar[str] = "order_refused"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or inspect.cleandoc(self.__doc__ or ""))

    def __str__(self) -> str:
        """The sentence in the reader's language."""
        return gettext(super().__str__())


class OrderNotFound(OrdersError):
    """We cannot find this order. Nothing was ordered or charged; check its number."""

    code = "order_not_found"


class NothingOrdered(OrdersError):
    """An order needs one good at least, each 1 to 99 times. Nothing was ordered; choose again."""

    code = "nothing_ordered"


class OrderNotPaid(OrdersError):
    """Only a paid order can be sent. Nothing was changed; wait until the payment is confirmed."""

    code = "order_not_paid"


class AlreadyOrdered(OrdersError):
    """You may have ordered this already. Nothing new was ordered; look at the earlier order first."""

    code = "already_ordered"

    def __init__(self, order_no: str = "", token: str = "") -> None:
        super().__init__()
        self.order_no = order_no  #: The earlier order.
        self.token = token


class TooLateToCancel(OrdersError):
    """The order was paid before it could be cancelled. The shop has your money; ask the shop to return it."""

    code = "too_late_to_cancel"


class ComplaintNotFound(OrdersError):
    """We cannot find this case. Nothing was changed; check its number."""

    code = "complaint_not_found"


class ComplaintEnded(OrdersError):
    """This case has moved on, so this can no longer be done with it. Nothing was changed; look at it anew."""

    code = "complaint_ended"


class FileRefused(OrdersError):
    """A file was not taken: only PNG, JPEG and PDF, up to 5 MB each, five in all. Nothing was sent; choose others."""

    code = "attachment_refused"


class NothingWritten(OrdersError):
    """There was nothing to send. Nothing was changed; write what happened, then send it."""

    code = "nothing_written"


class StatementGiven(OrdersError):
    """This statement was given already and cannot be changed. To add to it, ask who sent you the link for another."""

    code = "statement_given"


class StatementNotAsked(OrdersError):
    """No statement of the shop is waited for. Nothing was changed; to say more about the case, report its order again."""

    code = "statement_not_asked"


class ReasonMissing(OrdersError):
    """A reason of at least ten characters is needed. Nothing was changed; say why, for whoever reads it later."""

    code = "case_reason_missing"


class NothingReceived(OrdersError):
    """The channel has not confirmed money for this. Nothing was decided; ask the channel first, then decide by its word."""

    code = "nothing_received"


class CannotMerge(OrdersError):
    """This case cannot be merged into that one. Nothing was changed; give the number of another open case of the same merchant."""

    code = "cannot_merge"


class NotYourProposal(OrdersError):
    """Whoever proposed it cannot decide about it. Nothing was changed; ask a colleague."""

    code = "not_your_proposal"


class MerchantOrderNoTaken(OrdersError):
    """This merchant order number is known with another amount, currency or title. Nothing was changed; use a new number."""

    code = "merchant_order_no_taken"


class ReturnUrlNotRegistered(OrdersError):
    """This return address is not one of the merchant's. Nothing was ordered; register it in the portal's settings first."""

    code = "return_url_not_registered"


class IdempotencyKeyReused(OrdersError):
    """This Idempotency-Key was used for another request. Nothing was done; use a new key for a new request."""

    code = "idempotency_key_reused"


class StillRunning(OrdersError):
    """A request with this Idempotency-Key is still at work. Nothing was done twice; repeat the same request in a moment."""

    code = "still_running"


class ApiKeyNotFound(OrdersError):
    """We cannot find this API key. Nothing was changed."""

    code = "api_key_not_found"


class EventNotFound(OrdersError):
    """We cannot find this event. Nothing was changed; events of other merchants cannot be seen."""

    code = "event_not_found"


class EndpointNotFound(OrdersError):
    """We cannot find this webhook endpoint. Nothing was changed."""

    code = "endpoint_not_found"


class DeliveryNotFound(OrdersError):
    """We cannot find this webhook delivery. Nothing was sent; the log keeps them for 30 days."""

    code = "delivery_not_found"


class UrlRefused(OrdersError):
    """We do not send webhooks to this address. Nothing was saved; use https, port 443, and a public host name."""

    code = "url_refused"


class TooManyEndpoints(OrdersError):
    """A merchant has at most ten webhook endpoints. Nothing was saved; remove one that is not needed."""

    code = "too_many_endpoints"


class HelpAddressRefused(OrdersError):
    """Shoppers could not reach you there. Nothing was saved; give an https address, a telephone number, an e-mail address."""

    code = "help_address_refused"


class TooManyExports(OrdersError):
    """Five exports a day are kept for you. Nothing was begun; fetch one of them, or narrow the list below 5,000 orders."""

    code = "too_many_exports"


class ReturnUrlRefused(OrdersError):
    """This cannot be a return address. Nothing was saved; give up to twenty https addresses without a fragment."""

    code = "return_url_refused"
