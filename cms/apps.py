from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CmsConfig(AppConfig):
    name = "cms"
    verbose_name = _("site")

    def ready(self) -> None:
        # Models exist only now.
        from workflow.signals import batch_ended, question_asked  # noqa: PLC0415

        from .staff.telling import tell_end, tell_question  # noqa: PLC0415

        batch_ended.connect(tell_end, dispatch_uid="cms.tell_end")
        question_asked.connect(tell_question, dispatch_uid="cms.tell_question")
