from django.db import migrations

# A month a partition (services/partitions.py makes them): a month that is no longer needed is detached at once,
# where deleting its rows would take hours and leave the table as big as it was.
BILL_LINES = """
CREATE TABLE reconciliation_billline (
    day_date date NOT NULL,
    bill_id bigint NOT NULL,
    row integer NOT NULL,
    kind varchar(10) NOT NULL,
    attempt_no text NOT NULL,
    refund_no text NOT NULL,
    channel_trade_no text NOT NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    fee_minor bigint,
    occurred_at timestamptz,
    state text NOT NULL,
    is_final boolean NOT NULL,
    PRIMARY KEY (day_date, bill_id, row)
) PARTITION BY RANGE (day_date)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('reconciliation', '0001_initial'),
        ('cashier', '0007_books'),
    ]

    operations = [migrations.RunSQL(BILL_LINES, "DROP TABLE reconciliation_billline")]
