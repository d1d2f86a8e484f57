from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("search")

    def ready(self) -> None:
        # Models exist only now.
        from documents.signals import records_changed  # noqa: PLC0415
        from workflow.signals import reconciling  # noqa: PLC0415

        from . import integrity  # noqa: F401, PLC0415
        from .receivers import feed, make_index, reconcile  # noqa: PLC0415

        records_changed.connect(feed, dispatch_uid="search.feed")
        reconciling.connect(reconcile, dispatch_uid="search.reconcile")
        post_migrate.connect(make_index, sender=self)
