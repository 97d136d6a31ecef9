from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_pseudonym_and_audit")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="session_generation",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]
