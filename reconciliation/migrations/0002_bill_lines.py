from django.db import migrations, models

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
        ('cashier', '0009_books'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(BILL_LINES, "DROP TABLE reconciliation_billline")],
            state_operations=[
                migrations.CreateModel(
                    name='BillLine',
                    fields=[
                        ('pk', models.CompositePrimaryKey('day_date', 'bill_id', 'row', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('day_date', models.DateField()),
                        ('bill_id', models.BigIntegerField()),
                        ('row', models.IntegerField()),
                        ('kind', models.CharField(max_length=10)),
                        ('attempt_no', models.TextField()),
                        ('refund_no', models.TextField()),
                        ('channel_trade_no', models.TextField()),
                        ('amount_minor', models.BigIntegerField()),
                        ('currency', models.CharField(max_length=3)),
                        ('fee_minor', models.BigIntegerField(null=True)),
                        ('occurred_at', models.DateTimeField(null=True)),
                        ('state', models.TextField()),
                        ('is_final', models.BooleanField()),
                    ],
                ),
            ],
        )
    ]
