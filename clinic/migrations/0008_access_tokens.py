import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import diary.models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0007_own_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=60,
                        validators=[diary.models.validate_text],
                        verbose_name="name of the program",
                    ),
                ),
                ("scopes", models.CharField(max_length=60)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access_tokens",
                        to="diary.patient",
                    ),
                ),
            ],
        ),
    ]
