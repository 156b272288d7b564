"""The groups of the back office (`payhub.roles`). Never taken away: people may be in them."""

from django.db import migrations

OLD = {"support": "cs_agent", "supervisor": "cs_supervisor", "operations": "ops"}
ROLES = ("cs_agent", "cs_supervisor", "finance", "ops", "auditor")


def make_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for old, new in OLD.items():
        if not Group.objects.filter(name=new).exists():
            Group.objects.filter(name=old).update(name=new)
    for role in ROLES:
        Group.objects.get_or_create(name=role)


class Migration(migrations.Migration):

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("merchants", "0003_test_merchants"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
