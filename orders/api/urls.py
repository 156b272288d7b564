"""The addresses of the API."""

from __future__ import annotations

from django.urls import include, path

from orders.api import complaints, events, orders, refunds, schema, webhooks
from payhub.api import addresses  # noqa: F401 - what `<number:…>` means

routes = [
    path("orders", orders.Orders.as_view(), name="api-orders"),
    path(
        "orders/by-merchant-no/<number:merchant_order_no>",
        orders.OrderByMerchantNo.as_view(),
        name="api-by-merchant-no",
    ),
    path("orders/<number:order_no>", orders.OneOrder.as_view(), name="api-order"),
    path("orders/<number:order_no>/cancel", orders.CancelOrder.as_view(), name="api-order-cancel"),
    path("orders/<number:order_no>/fulfil", orders.FulfilOrder.as_view(), name="api-order-fulfil"),
    path("orders/<number:order_no>/payment", orders.OrderPayment.as_view(), name="api-payment"),
    path("orders/<number:order_no>/timeline", orders.OrderTimeline.as_view(), name="api-timeline"),
    path("refunds", refunds.Refunds.as_view(), name="api-refunds"),
    path("refunds/<number:refund_no>", refunds.OneRefund.as_view(), name="api-refund"),
    path("complaints", complaints.Complaints.as_view(), name="api-complaints"),
    path("complaints/<number:complaint_no>", complaints.OneComplaint.as_view(), name="api-complaint"),
    path(
        "complaints/<number:complaint_no>/statement", complaints.ShopStatement.as_view(), name="api-statement-of-shop"
    ),
    path("events", events.Events.as_view(), name="api-events"),
    path("events/<number:event_id>", events.OneEvent.as_view(), name="api-event"),
    path("webhook-endpoints", webhooks.Endpoints.as_view(), name="api-endpoints"),
    path("webhook-endpoints/<number:endpoint_no>", webhooks.OneEndpoint.as_view(), name="api-endpoint"),
    path("webhook-endpoints/<number:endpoint_no>/roll", webhooks.RollSecret.as_view(), name="api-endpoint-roll"),
    path("webhook-endpoints/<number:endpoint_no>/test", webhooks.TestEndpoint.as_view(), name="api-endpoint-test"),
    path("webhook-endpoints/<number:endpoint_no>/recover", webhooks.Recover.as_view(), name="api-endpoint-recover"),
    path("webhook-deliveries", webhooks.Deliveries.as_view(), name="api-deliveries"),
    path("webhook-deliveries/<number:delivery_no>", webhooks.OneDelivery.as_view(), name="api-delivery"),
    path("webhook-deliveries/<number:delivery_no>/resend", webhooks.Resend.as_view(), name="api-delivery-resend"),
]
urlpatterns = [
    path("api/v1/", include(routes)),
    path("api/schema/", schema.openapi, name="api-openapi"),
    path("api/docs/", schema.swagger, name="api-docs"),
    path("api/redoc/", schema.redoc, name="api-redoc"),
    path("api/redoc.js", schema.redoc_script, name="api-redoc-script"),
    path("api/problems/<slug:code>", schema.problem_page, name="api-problem"),
]
