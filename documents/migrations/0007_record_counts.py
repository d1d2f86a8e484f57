from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0006_import_mends'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='record',
            name='documents_r_issuer__1f3009_idx',
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['issuer', 'school_year', 'state', 'current'], name='documents_r_issuer__d1208d_idx'),
        ),
    ]
