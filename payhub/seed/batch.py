"""What happened to each order of a batch, as temporary tables: `seeded`, a row an order; `seeded_try`, one an attempt.

Every order has a fate:
PAID, RETRIED (the first attempt failed), RETURNED (paid, then all of it went back), EXPIRED (nobody tried), CANCELLED
(tried and closed), TWICE and LATE (surplus, on its way back or returned), and, among the newest, PAYING and UNKNOWN.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from payhub.seed.numbers import DRAW, NUMBER
from payhub.seed.plan import Plan

# How often which channel is taken, of 20, with one of its methods; letters as in attempt numbers.
_CHANNELS = "ARRAY['wechat','wechat','wechat','wechat','wechat','wechat','wechat','wechat','wechat','wechat'," \
    "'alipay','alipay','alipay','alipay','alipay','alipay','alipay','unionpay','unionpay','stripe']"  # fmt: skip
_FATES = """
    CASE WHEN n > %(settled)s THEN CASE n %% 4 WHEN 0 THEN 'UNKNOWN' ELSE 'PAYING' END
    WHEN has_case THEN CASE WHEN lot < 200 THEN 'TWICE' WHEN lot < 250 THEN 'LATE' WHEN lot < 350 THEN 'RETURNED'
        ELSE 'PAID' END
    WHEN lot < 780 THEN 'PAID' WHEN lot < 840 THEN 'RETRIED' WHEN lot < 920 THEN 'EXPIRED' WHEN lot < 970 THEN 'CANCELLED'
    ELSE 'RETURNED' END
"""
# Every fiftieth order is by the same buyer for the same amount as the one before: what suggestions look for.
_ORDERS = f"""
CREATE TEMP TABLE seeded ON COMMIT DROP AS
SELECT *,
    CASE WHEN fate IN ('RETURNED', 'TWICE', 'LATE')
        THEN pg_temp.seeded_number('R' || day, %(seed)s || 'r' || n) END AS refund_no,
    fate IN ('PAID', 'RETRIED', 'RETURNED', 'TWICE') AS is_paid,
    CASE fate WHEN 'RETRIED' THEN second_end_at ELSE first_end_at END AS paid_at,
    CASE WHEN fate IN ('EXPIRED', 'LATE') THEN at + interval '30 minutes' WHEN fate = 'CANCELLED' THEN first_end_at END
        AS closed_at,
    CASE WHEN fate = 'RETURNED' THEN 'SUCCEEDED'
        WHEN fate IN ('TWICE', 'LATE') AND is_by_hand AND at > %(until)s - interval '3 days' THEN 'REQUESTED'
        WHEN fate IN ('TWICE', 'LATE') THEN 'SUCCEEDED' END AS refund_state,
    CASE fate WHEN 'TWICE' THEN second_end_at WHEN 'RETURNED' THEN first_end_at + interval '10 minutes'
        ELSE first_end_at END AS return_asked_at,
    CASE fate WHEN 'TWICE' THEN second_end_at ELSE first_end_at END + interval '20 minutes' AS returned_at,
    CASE WHEN fate IN ('PAYING', 'UNKNOWN') THEN %(until)s + interval '1 day' ELSE at + interval '30 minutes' END
        AS expires_at
FROM (SELECT *, {_FATES} AS fate, merchant = 'seeded-5' AS is_by_hand,
        CASE WHEN has_case AND lot BETWEEN 200 AND 249 THEN at + interval '31 minutes'
            ELSE tried_at + make_interval(secs => 30 + pg_temp.draw(n, 5, 200)) END AS first_end_at,
        tried_at + interval '4 minutes' AS second_tried_at,
        tried_at + make_interval(secs => 260 + pg_temp.draw(n, 6, 100)) AS second_end_at,
        pg_temp.seeded_number('O' || day, %(seed)s || 'o' || n) AS order_no,
        pg_temp.seeded_number('P' || day, %(seed)s || 'p' || n) AS payment_no,
        md5(%(seed)s || 'order' || n) AS order_token, md5(%(seed)s || 'payment' || n) AS payment_token
    FROM (SELECT *, at + make_interval(secs => 20 + pg_temp.draw(n, 4, 60)) AS tried_at,
            to_char(at AT TIME ZONE 'UTC', 'YYMMDD') AS day,
            'seeded-' || 1 + pg_temp.draw(same_as, 2, 5) AS merchant, 100 + pg_temp.draw(same_as, 3, 99900) AS amount_minor,
            pg_temp.draw(same_as, 7, %(buyers)s) AS buyer
        FROM (SELECT n, CASE n %% 50 WHEN 0 THEN n - 1 ELSE n END AS same_as, pg_temp.draw(n, 1, 1000) AS lot,
                n <= %(settled)s AND n * %(cases)s / %(settled)s > (n - 1) * %(cases)s / %(settled)s AS has_case,
                CASE WHEN n > %(settled)s
                    THEN %(until)s - make_interval(secs => (%(orders)s - n + 1) * 1200.0 / %(fresh)s)
                    ELSE %(until)s - interval '1 hour' - make_interval(secs => (%(settled)s - n) * %(step_s)s) END AS at
            FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n) AS drawn) AS placed) AS tried
"""  # noqa: S608 - our own SQL
_TRIES = f"""
CREATE TEMP TABLE seeded_try ON COMMIT DROP AS
SELECT *, merchant || '-' || channel AS account_code,
    pg_temp.seeded_number('A' || day || CASE channel WHEN 'wechat' THEN 'WN' WHEN 'alipay' THEN 'AQ'
        WHEN 'unionpay' THEN 'UG' ELSE 'SC' END, %(seed)s || 'a' || k || n) AS attempt_no,
    CASE channel WHEN 'wechat' THEN 'native' WHEN 'alipay' THEN 'qr' WHEN 'unionpay' THEN 'gateway' ELSE 'checkout' END
        AS method,
    CASE state WHEN 'SUCCEEDED' THEN '42' || lpad(k || n::text, 18, '0') ELSE '' END AS trade_no,
    CASE state WHEN 'SUCCEEDED' THEN 'PAID' ELSE state END AS outcome, verdict LIKE 'SURPLUS%%' AS is_surplus,
    state NOT IN ('PAYING', 'UNKNOWN') AS is_over
FROM (SELECT n, 0 AS k, merchant, day, amount_minor, payment_no, refund_no, fate, tried_at, first_end_at AS ended_at,
        ({_CHANNELS})[1 + pg_temp.draw(n, 8, 20)] AS channel,
        CASE fate WHEN 'RETRIED' THEN 'FAILED' WHEN 'CANCELLED' THEN 'CLOSED' WHEN 'PAYING' THEN 'PAYING'
            WHEN 'UNKNOWN' THEN 'UNKNOWN' ELSE 'SUCCEEDED' END AS state,
        CASE fate WHEN 'RETRIED' THEN 'FREES_FAILED' WHEN 'CANCELLED' THEN 'FREES_CLOSED' WHEN 'LATE' THEN 'SURPLUS_LATE'
            ELSE 'PAYS' END AS verdict
    FROM seeded WHERE fate <> 'EXPIRED'
    UNION ALL
    SELECT n, 1, merchant, day, amount_minor, payment_no, refund_no, fate, second_tried_at, second_end_at,
        ({_CHANNELS})[1 + pg_temp.draw(n, 9, 20)], 'SUCCEEDED', CASE fate WHEN 'TWICE' THEN 'SURPLUS_SECOND' ELSE 'PAYS' END
    FROM seeded WHERE fate IN ('RETRIED', 'TWICE')) AS tries
"""  # noqa: S608 - our own SQL


def begin(plan: Plan) -> None:
    """Make the functions that batches draw with, for this connection."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBER)
        cursor.execute(DRAW.format(seed=plan.seed))


def draw(values: dict[str, Any]) -> None:
    """Make the batch's temporary tables in the open transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, values)
        cursor.execute(_TRIES, values)
        cursor.execute("ANALYZE seeded")
        cursor.execute("ANALYZE seeded_try")
