from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cashier", "0009_books")]

    operations = [
        migrations.AddField(model_name="attempt", name="answers", field=models.JSONField(default=list)),
    ]
