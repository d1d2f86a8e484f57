from django.db import migrations, models


class Migration(migrations.Migration):
    # "subject_teacher.history_geography" has 33 characters.
    dependencies = [
        ("documents", "0008_copies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="signature",
            name="slot",
            field=models.CharField(max_length=60, verbose_name="slot"),
        ),
    ]
