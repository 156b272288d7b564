import django.db.models.functions.comparison
from django.db import migrations, models

# What reconciliation may read of the payment centre (docs/adr/0003). Columns are only ever added.
SETTLED = """
CREATE VIEW cashier_settled AS
SELECT f.id AS fact_id, c.code AS account_code,
       CASE WHEN f.refund_no = '' THEN 'PAYMENT' ELSE 'REFUND' END AS kind,
       f.attempt_no, f.refund_no, f.channel_trade_no, f.amount_minor, f.currency,
       COALESCE(f.occurred_at, f.received_at) AS settled_at, f.source, f.verdict
FROM cashier_channelfact f JOIN cashier_channelaccount c ON c.id = f.account_id
WHERE f.outcome = 'PAID' AND f.verdict IN
    ('PAYS', 'PAYS_LATE', 'SURPLUS_SECOND', 'SURPLUS_LATE', 'SURPLUS_AMOUNT', 'RETURNS', 'NOT_OURS')
"""
ASKED = """
CREATE VIEW cashier_asked AS
SELECT c.code AS account_code, 'PAYMENT' AS kind, a.attempt_no, '' AS refund_no, a.state, p.merchant_order_no
FROM cashier_attempt a
JOIN cashier_channelaccount c ON c.id = a.account_id JOIN cashier_payment p ON p.id = a.payment_id
UNION ALL
SELECT c.code, 'REFUND', a.attempt_no, r.refund_no, r.state, p.merchant_order_no
FROM cashier_refund r JOIN cashier_attempt a ON a.id = r.attempt_id
JOIN cashier_channelaccount c ON c.id = a.account_id JOIN cashier_payment p ON p.id = a.payment_id
"""
BOOKED = """
CREATE VIEW cashier_booked AS
SELECT e.id AS entry_id, e.journal, e.account, e.amount_minor, e.currency, e.booked_at, e.fact_id,
       COALESCE(f.attempt_no, '') AS attempt_no, COALESCE(f.refund_no, '') AS refund_no
FROM cashier_ledgerentry e LEFT JOIN cashier_channelfact f ON f.id = e.fact_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cashier', '0008_merchant_refund_no'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='channelfact',
            index=models.Index(models.F('account'), django.db.models.functions.comparison.Coalesce('occurred_at', 'received_at'), condition=models.Q(('outcome', 'PAID'), ('verdict__in', ('PAYS', 'PAYS_LATE', 'SURPLUS_SECOND', 'SURPLUS_LATE', 'SURPLUS_AMOUNT', 'RETURNS', 'NOT_OURS'))), name='fact_by_settled_at'),
        ),
        migrations.RunSQL(SETTLED, "DROP VIEW cashier_settled"),
        migrations.RunSQL(ASKED, "DROP VIEW cashier_asked"),
        migrations.RunSQL(BOOKED, "DROP VIEW cashier_booked"),
    ]
