"""The packet of the primary year sheet: element names (domain.md §5) and slots."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from .packets import (
    Coverage,
    Group,
    Member,
    Objects,
    PacketFormat,
    Texts,
    Value,
    ValueType,
    XmlSlot,
)
from .primary_year_form import tables

OPTIONAL, NUMBER, FLAG = ValueType.OPTIONAL, ValueType.NUMBER, ValueType.FLAG

LEVEL = Value("MUC_DAT", "level", OPTIONAL)
COMMENT = Value("NHAN_XET", "comment")


def traits(name: str, key: str) -> Objects:
    return Objects(name, key, "KET_QUA", (LEVEL, COMMENT), keyed_by="MA")


SCHOOL = Group(
    "TRUONG_HOC",
    "school",
    (
        Value("MA_TRUONG", "code"),
        Value("TEN_TRUONG", "name"),
        Value("XA", "commune"),
        Value("HUYEN", "district"),
        Value("TINH", "province"),
    ),
)
PUPIL = Group(
    "HOC_SINH",
    "pupil",
    (
        Value("MA_HOC_SINH", "code"),
        Value("SO_DINH_DANH", "personal_number"),
        Value("HO_TEN", "name"),
        Value("GIOI_TINH", "gender", NUMBER),
        Value("NGAY_SINH", "birth_date", OPTIONAL),
        Value("DAN_TOC", "ethnicity"),
        Value("QUOC_TICH", "nationality"),
        Value("NOI_SINH", "birth_place"),
        Value("QUE_QUAN", "home_town"),
        Value("NOI_O_HIEN_NAY", "address"),
        Value("HO_TEN_CHA", "father"),
        Value("HO_TEN_ME", "mother"),
        Value("NGUOI_GIAM_HO", "guardian"),
        Value("KHUYET_TAT", "disability"),
    ),
)
HISTORY = Objects(
    "QUA_TRINH_HOC_TAP",
    "history",
    "GIAI_DOAN",
    (
        Value("NAM_HOC", "school_year"),
        Value("LOP", "class_name"),
        Value("TEN_TRUONG", "school"),
        Value("SO_DANG_BO", "register_number"),
        Value("NGAY_NHAP_HOC", "entered_on", OPTIONAL),
    ),
)
SUBJECTS = Objects(
    "DANH_SACH_DIEM_TONG_KET",
    "subjects",
    "DIEM_TONG_KET",
    (LEVEL, Value("DIEM_KTDK", "score", NUMBER), COMMENT),
    keyed_by="MA_MON",
    are_parts=True,
)

FORMAT_1 = PacketFormat(
    members=(
        SCHOOL,
        Value("NAM_HOC", "school_year"),
        Value("KHOI", "grade", NUMBER),
        Value("LOP", "class_name"),
        PUPIL,
        HISTORY,
        Value("DUOC_DANH_GIA", "assessed", FLAG),
        Value("CHIEU_CAO", "height_cm", NUMBER),
        Value("CAN_NANG", "weight_kg", NUMBER),
        Value("NGHI_CO_PHEP", "absent_with_leave", NUMBER),
        Value("NGHI_KHONG_PHEP", "absent_without_leave", NUMBER),
        SUBJECTS,
        traits("PHAM_CHAT", "qualities"),
        traits("NANG_LUC_CHUNG", "general"),
        traits("NANG_LUC_DAC_THU", "specific"),
        Value("KET_QUA_GIAO_DUC", "result", OPTIONAL),
        Value("LY_DO_KET_QUA", "result_reason"),
        Texts("KHEN_THUONG", "awards", "DANH_HIEU"),
        Value("HOAN_THANH", "completed", FLAG),
        Value("DUOC_LEN_LOP", "promoted", FLAG),
        Value("GIAO_VIEN_CHU_NHIEM", "class_teacher"),
    ),
    slots=(
        XmlSlot("GVBM", _("subject teacher"), "subject_teacher", Coverage.PART),
        XmlSlot("GVCN", _("class teacher"), "class_teacher", Coverage.SHEET),
        XmlSlot("CBQL", _("head"), "head", Coverage.DATA),
        XmlSlot("KY_PHAT_HANH", _("school seal"), "seal", Coverage.DATA),
    ),
    part_labels={subject.code: subject.label for subject in tables().subjects},
)

# Format 2, of re-assessed pupils only: each result has room for a second one. Where
# there is none the element is the same as in format 1, and so is a signature over it.
AGAIN = {
    "level": Value("MUC_DAT_LAI", "second_level", OPTIONAL),
    "score": Value("DIEM_KTDK_LAI", "second_score", NUMBER),
    "comment": Value("NHAN_XET_LAI", "second_comment"),
}
CONCLUSION_AGAIN = Group(
    "DANH_GIA_LAI",
    "second",
    (
        Value("KET_QUA_GIAO_DUC", "result", OPTIONAL),
        Value("LY_DO_KET_QUA", "result_reason"),
        Value("HOAN_THANH", "completed", FLAG),
        Value("DUOC_LEN_LOP", "promoted", FLAG),
    ),
)


def with_room(member: Member) -> Member:
    """The same, with second results in each of its items that has results."""
    if not isinstance(member, Objects) or not member.keyed_by:
        return member
    again = tuple(AGAIN[one.key] for one in member.members)
    return replace(member, members=(*member.members, *again))


FORMAT_2 = replace(
    FORMAT_1, members=(*map(with_room, FORMAT_1.members), CONCLUSION_AGAIN)
)
