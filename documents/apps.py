from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    name = "documents"
    verbose_name = _("records")

    def ready(self) -> None:
        from . import checks  # noqa: F401, PLC0415
        from .triggers import install_after_migrate  # noqa: PLC0415

        post_migrate.connect(install_after_migrate, sender=self)
