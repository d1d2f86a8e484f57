"""Search as somebody: what the search field finds, from the command line."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.models import State, User
from search.reading import log_found
from search.services import MAX_PAGE, PAGE, Hit, Results, search_records

WRONG_USE = 2


class Command(BaseCommand):
    help = "Find records among those that a user may see; the log says what was read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("query")
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME")
        parser.add_argument("--limit", type=int, default=PAGE)
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["limit"] <= MAX_PAGE:
            sentence = _("--limit is a number from 1 to %(most)d.") % {"most": MAX_PAGE}
            raise CommandError(sentence, returncode=WRONG_USE)
        user = _user(options["username"])
        results = search_records(options["query"], user, limit=options["limit"])
        log_found(results.hits, by=user, at=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(_document(results), ensure_ascii=False))
            return
        for hit in results.hits:
            self.stdout.write(_line(hit))
        self.stderr.write(_summary(results))


def _user(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        sentence = _("There is no active user %(name)s.") % {"name": username}
        raise CommandError(sentence, returncode=WRONG_USE)
    return user


def _document(results: Results) -> dict[str, Any]:
    return {
        "total": results.total,
        "capped": results.capped,
        "hits": [_hit(hit) for hit in results.hits],
        "facets": {
            name: [{"value": f.value, "label": f.label, "count": f.count} for f in all_]
            for name, all_ in results.facets.items()
        },
    }


def _hit(hit: Hit) -> dict[str, Any]:
    row = hit.row
    return {
        "uuid": row.uuid,
        "code": row.code,
        "kind": row.kind,
        "name": row.name,
        "unit": row.unit_name,
        "class": row.class_name,
        "year": row.school_year,
        "state": row.state,
        "snippet": hit.snippet,
    }


def _line(hit: Hit) -> str:
    row = hit.row
    parts = (row.code, row.name, row.class_name, row.school_year, row.unit_name)
    found_in = unescape(re.sub("</?mark>", "", hit.snippet))
    return "\t".join((*parts, str(State(row.state).label), found_in)).rstrip("\t")


def _summary(results: Results) -> str:
    count = {"count": results.total}
    if results.capped:
        return _("More than %(count)d records.") % count
    return ngettext("%(count)d record.", "%(count)d records.", results.total) % count
