from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0006_counted_months"),
    ]

    operations = [
        migrations.AlterField(
            model_name="importbatch",
            name="clinic",
            field=models.ForeignKey(
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="import_batches",
                to="clinic.clinic",
            ),
        ),
    ]
