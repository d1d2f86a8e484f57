"""What the templates of the staff workspace need beyond Wagtail's own tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from cms.staff.states import shape, word
from documents.kinds.fields import Field
from documents.models import SchoolClass, Unit

register = template.Library()
register.filter("shape", shape)


@register.simple_tag
def state(value: str) -> SafeString:
    """The shape and the word of a record's state."""
    return format_html(
        '<span class="hb-state hb-state--{}">'
        '<span class="hb-state__shape" aria-hidden="true">{}</span> {}</span>',
        value,
        shape(value),
        capfirst(word(value)),
    )


@register.filter
def at(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The value of a key that is itself a variable; None when there is none."""
    return mapping.get(key)


@register.simple_tag
def rows_url(unit: Unit, school_class: SchoolClass, state: str) -> str:
    """The search that finds the records of a class in one state."""
    terms = {
        "trường": unit.code,
        "lớp": school_class.name,
        "năm": school_class.school_year,
        "trạng thái": state,
    }
    query = " ".join(f'{key}:"{value}"' for key, value in terms.items())
    return f"{reverse('staff:search')}?{urlencode({'q': query})}"


@register.simple_tag
def field_text(field: Field, content: Any) -> str:
    """The value of one field of a content as people read it; a dash for none."""
    return field.text(content) or "–"
