"""What one revision may do after a signature. Everything else is an alteration.

A whitelist of what our own life of a record writes, and who signs it: sign a
reserved field, fill the effective date once, add an invisible time-stamp, store
revocation data. pyHanko's own difference policy allows more (metadata, any form
value) and looks for every use of every object, which costs a second for six tagged
pages; it is the second judge in our tests.

Objects are known by their role in the signed revision. A changed object without a
role, or changed beyond it, is forbidden. New objects need no rule of their own: they
can only be reached through the few keys that a role lets change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic

from workflow.signing.update import date_fields, follow
from workflow.verification.reasons import Reason
from workflow.verification.structure import (
    annotation_list,
    form_fields,
    page_tree,
    pages,
)

# pyHanko's objects are read through Any: its types know no role of an object.
Ref = Any
Check = Callable[[Any, Any], Iterator[Reason]]
CATALOGUE_KEYS = frozenset({"/AcroForm", "/DSS", "/Extensions"})
EVIDENCE_KEYS = frozenset({"/Type", "/Certs", "/CRLs", "/OCSPs", "/VRI"})
# What makes a reader do something by itself (ISO 32000-1 §12.6).
ACTION_KEYS = frozenset({"/OpenAction", "/AA", "/URI", "/Collection"})
ATTACHMENT_KEYS = frozenset({"/Names", "/AF"})
# What has a reason of its own when it changes.
NAMED_KEYS = ACTION_KEYS | ATTACHMENT_KEYS | {"/Pages", "/Metadata"}
VALUE_KEYS = frozenset({"/V", "/AP"})


def forbidden_changes(old: Any, new: Any) -> Iterator[Reason]:
    """Name what the revision ``new`` did and may not do after ``old`` was signed.

    Comparing neighbours is enough: what each step keeps, all steps together keep.
    """
    if new.refs_freed_in_revision():
        yield Reason.CHANGED_AFTER_SIGNING
    yield from trailer_changes(old, new)
    roles = Roles(old, new).checks()
    unexplained = set()
    for reference in new.explicit_refs_in_revision():
        if old.is_ref_unassignable(reference):
            continue
        check = roles.get(reference)
        if check is None:
            unexplained.add(reference)
        else:
            yield from check(old(reference), new(reference))
    if unexplained:
        yield from explain(old, unexplained)


def trailer_changes(old: Any, new: Any) -> Iterator[Reason]:
    """The file may get no other catalogue, no other information or identity."""
    was, now = old.trailer_view, new.trailer_view
    changed = changed_keys(was, now)
    if "/Info" in changed:
        yield Reason.METADATA_CHANGED
    same = follow(was, "/ID", [None])[0] == follow(now, "/ID", [None])[0]
    if not same or changed & {"/Root", "/Encrypt"}:
        yield Reason.CHANGED_AFTER_SIGNING


class Roles:
    """Which objects of the signed revision may change, and how."""

    def __init__(self, old: Any, new: Any) -> None:
        self.old = old
        self.new = new
        self.stamps = set(new_stamps(old, new))

    def checks(self) -> dict[Ref, Check]:
        """The check of each object by its reference; direct objects have none."""
        old = self.old
        form = follow(old.root, "/AcroForm", {})
        named: dict[Ref, Check] = {}
        for page in pages(old):
            named[page.container_ref] = self.check_page
            named.update(indirect(page, "/Annots", self.check_list))
        for node in page_tree(old):
            named[node.container_ref] = self.check_tree
        for field in form_fields(old):
            if follow(field, "/FT") == "/Sig":
                empty = "/V" not in field
                check = self.check_signing if empty else self.check_signed
                named[field.container_ref] = check
        for box in date_fields(old):
            empty = not str(follow(box, "/V", ""))
            named[box.container_ref] = self.check_date if empty else self.check_dated
        named.update(indirect(old.root, "/AcroForm", self.check_form))
        named.update(indirect(form, "/Fields", self.check_list))
        named.update(self.evidence())
        named[old.root_ref] = self.check_catalogue
        return named

    def evidence(self) -> dict[Ref, Check]:
        """The store of revocation data, which no reader shows."""
        store = follow(self.old.root, "/DSS", {})
        found = indirect(self.old.root, "/DSS", self.check_evidence)
        for key in EVIDENCE_KEYS & set(store):
            found.update(indirect(store, key, plain))
        return found

    def check_catalogue(self, was: Any, now: Any) -> Iterator[Reason]:
        changed = changed_keys(was, now)
        if changed & ACTION_KEYS:
            yield Reason.ACTION_ADDED
        if changed & ATTACHMENT_KEYS:
            yield Reason.ATTACHMENT_CHANGED
        if "/Pages" in changed:
            yield Reason.PAGES_ADDED_OR_REMOVED
        if "/Metadata" in changed:
            yield Reason.METADATA_CHANGED
        if changed - CATALOGUE_KEYS - NAMED_KEYS:
            yield Reason.CHANGED_AFTER_SIGNING
        if "/AcroForm" in changed:
            before, after = follow(was, "/AcroForm", {}), follow(now, "/AcroForm", {})
            yield from self.check_form(before, after)
        if "/DSS" in changed:
            yield from self.check_evidence({}, follow(now, "/DSS", {}))

    def check_form(self, was: Any, now: Any) -> Iterator[Reason]:
        changed = changed_keys(was, now)
        if changed - {"/Fields"}:
            yield Reason.FIELD_CHANGED
        if "/Fields" in changed:
            before, after = follow(was, "/Fields", []), follow(now, "/Fields", [])
            yield from self.check_list(before, after, Reason.FIELD_CHANGED)

    def check_list(
        self, was: Any, now: Any, reason: Reason = Reason.ANNOTATION_CHANGED
    ) -> Iterator[Reason]:
        """Fields and annotations may only gain invisible time-stamps, at the end."""
        before, after = list(was), list(now)
        added = after[len(before) :]
        grown = after[: len(before)] == before
        if not grown or any(one.reference not in self.stamps for one in added):
            yield reason

    def check_page(self, was: Any, now: Any) -> Iterator[Reason]:
        changed = changed_keys(was, now)
        if changed & ACTION_KEYS:
            yield Reason.ACTION_ADDED
        if changed - {"/Annots"} - ACTION_KEYS:
            yield Reason.PAGE_CHANGED
        if "/Annots" in changed:
            yield from self.check_list(annotation_list(was), annotation_list(now))

    def check_signing(self, was: Any, now: Any) -> Iterator[Reason]:
        signed = is_signature(now, "/Sig") and self.is_new(now.raw_get("/V"))
        if not signed or not self.only_shows_more(was, now):
            yield Reason.FIELD_CHANGED

    def check_signed(self, was: Any, now: Any) -> Iterator[Reason]:
        """A signed field stays as it is; say what happened to it."""
        changed = changed_keys(was, now)
        if "/V" in changed:
            gone = not isinstance(now, dict) or "/V" not in now
            yield Reason.SIGNATURE_REMOVED if gone else Reason.SIGNATURE_REPLACED
        if "/AP" in changed:
            yield Reason.APPEARANCE_CHANGED
        if changed - VALUE_KEYS:
            yield Reason.FIELD_CHANGED

    def check_dated(self, was: Any, now: Any) -> Iterator[Reason]:
        if changed_keys(was, now):
            yield Reason.EFFECTIVE_DATE_CHANGED

    def check_tree(self, was: Any, now: Any) -> Iterator[Reason]:
        if changed_keys(was, now):
            yield Reason.PAGES_ADDED_OR_REMOVED

    def check_date(self, was: Any, now: Any) -> Iterator[Reason]:
        said = isinstance(follow(now, "/V"), generic.TextStringObject)
        if not said or not self.only_shows_more(was, now):
            yield Reason.FIELD_CHANGED

    def check_evidence(self, was: Any, now: Any) -> Iterator[Reason]:
        if not isinstance(now, dict) or set(now) - EVIDENCE_KEYS:
            yield Reason.CHANGED_AFTER_SIGNING

    def only_shows_more(self, was: Any, now: Any) -> bool:
        """Nothing but value and one normal appearance, drawn by a new object."""
        appearance = follow(now, "/AP")
        if changed_keys(was, now) - VALUE_KEYS or not isinstance(appearance, dict):
            return False
        drawing = dict.get(appearance, "/N")
        return set(appearance) == {"/N"} and bool(self.is_new(drawing))

    def is_new(self, value: Any) -> Any:
        """An object of its own that nothing in the signed revision uses."""
        return is_reference(value) and self.old.is_ref_unassignable(value.reference)


def plain(was: Any, now: Any) -> Iterator[Reason]:
    """A list or dictionary that stays one."""
    if isinstance(now, generic.StreamObject) or type(was) is not type(now):
        yield Reason.CHANGED_AFTER_SIGNING


def indirect(node: Any, key: str, check: Check) -> dict[Ref, Check]:
    """The check for ``node[key]``, if that is an object of its own."""
    value: Any = node.raw_get(key) if key in node else None
    return {value.reference: check} if is_reference(value) else {}


def is_reference(value: object) -> bool:
    return isinstance(value, generic.IndirectObject)


def changed_keys(was: Any, now: Any) -> set[str]:
    """The keys whose values differ; everything, if it is no dictionary any more."""
    is_plain = isinstance(now, dict) and not isinstance(now, generic.StreamObject)
    if not is_plain:
        return set(was)
    return {
        key
        for key in was.keys() | now.keys()
        if key not in was or key not in now or was.raw_get(key) != now.raw_get(key)
    }


def new_stamps(old: Any, new: Any) -> Iterator[Ref]:
    """Fields that came with this revision and are invisible document time-stamps."""
    for field in form_fields(new):
        reference = field.container_ref
        if not old.is_ref_unassignable(reference):
            continue
        left, bottom, right, top = follow(field, "/Rect", (0, 0, 1, 1))
        invisible = (right - left) * (top - bottom) == 0 and "/Kids" not in field
        if invisible and is_signature(field, "/DocTimeStamp"):
            yield reference


def is_signature(field: Any, kind: str) -> bool:
    value = follow(field, "/V")
    signature = isinstance(value, dict) and follow(value, "/Type") == kind
    return signature and follow(field, "/FT") == "/Sig"


def explain(old: Any, changed: set[Ref]) -> Iterator[Reason]:
    """Say what the changed objects are, for the reader of the report."""
    explained = set()
    for reason, belonging in belongings(old):
        if hit := belonging & changed:
            explained |= hit
            yield reason
    if changed - explained:
        yield Reason.CHANGED_AFTER_SIGNING


def belongings(old: Any) -> Iterator[tuple[Reason, set[Ref]]]:
    for page in pages(old):
        painted = set()
        for key in {"/Contents", "/Resources"} & page.keys():
            painted |= old.collect_dependencies(page.raw_get(key))
        yield Reason.PAGE_CHANGED, painted
        notes = annotation_list(page)
        refs = {note.reference for note in notes if is_reference(note)}
        yield Reason.ANNOTATION_CHANGED, refs - fields_of(old)
    yield Reason.SIGNATURE_REPLACED, held(old, "/V")
    yield Reason.APPEARANCE_CHANGED, held(old, "/AP")
    yield Reason.FIELD_CHANGED, fields_of(old)
    yield Reason.ATTACHMENT_CHANGED, attached(old)
    yield (
        Reason.METADATA_CHANGED,
        {
            node.raw_get(key).reference
            for node, key in ((old.root, "/Metadata"), (old.trailer_view, "/Info"))
            if key in node and is_reference(node.raw_get(key))
        },
    )


def fields_of(old: Any) -> set[Ref]:
    return {field.container_ref for field in form_fields(old)}


def held(old: Any, key: str) -> set[Ref]:
    """All that the fields show (``/AP``), or are filled with (``/V``)."""
    found: set[Ref] = set()
    for field in form_fields(old):
        if key in field:
            found |= old.collect_dependencies(field.raw_get(key))
    return found


def attached(old: Any) -> set[Ref]:
    """The attachments and the tree that names them."""
    names = follow(old.root, "/Names", {})
    if "/EmbeddedFiles" not in names:
        return set()
    found: set[Ref] = set(old.collect_dependencies(names.raw_get("/EmbeddedFiles")))
    return found | {names.container_ref}
