"""The pupils of a class: names, parents, numbers, all from one stream of chance."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from ..kinds.primary_year import Pupil
from ..text import vietnamese_sort_key
from .specs import Ability, ClassSpec, SchoolSpec, Slip, Special

ETHNICITIES = ("Kinh",) * 17 + ("Khmer",)
ABILITIES = (Ability.SOLID,) * 40 + (Ability.GOOD,) * 7 + (Ability.EXCELLENT,) * 2
# Tries for a name that the class has not yet, before the class is simply too big.
TRIES = 50


@cache
def words() -> dict[str, Any]:
    path = Path(__file__).with_name("words.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Numbers:
    """Codes of a school, none of them twice."""

    codes: Iterator[int]
    serials: Iterator[int]

    @classmethod
    def of(cls, chance: Random) -> Numbers:
        return cls(
            iter(chance.sample(range(10_000), 10_000)),
            iter(chance.sample(range(1_000), 1_000) * 10),
        )


def class_list(
    school: SchoolSpec, room: ClassSpec, chance: Random, numbers: Numbers
) -> list[tuple[Pupil, Special]]:
    """The pupils of a class in the order of a class list."""
    taken = {_tail(special.name) for special in room.specials}
    missing = room.size - len(room.specials)
    ordinary = islice(_ordinary(chance, taken), missing)
    pupils = [
        (_pupil(school, room, special, chance, numbers), special)
        for special in (*room.specials, *ordinary)
    ]
    return sorted(pupils, key=lambda pair: vietnamese_sort_key(pair[0].name))


def _ordinary(chance: Random, taken: set[str]) -> Iterator[Special]:
    """Pupils like any others, no two of whom a comment could mix up."""
    while True:
        ethnicity, gender = chance.choice(ETHNICITIES), chance.choice((1, 2))
        for _ in range(TRIES):
            family = chance.choice(words()["families"][ethnicity])
            name = _name(family, gender, chance)
            if _tail(name) not in taken:
                break
        taken.add(_tail(name))
        yield Special(name, gender, ethnicity, chance.choice(ABILITIES))


def _tail(name: str) -> str:
    return " ".join(name.split()[-2:])


def _name(family: str, gender: int, chance: Random) -> str:
    pool = words()["male" if gender == 1 else "female"]
    while (middle := chance.choice(pool["middle"])) == (
        given := chance.choice(pool["given"])
    ):
        continue
    return f"{family} {middle} {given}"


def _pupil(
    school: SchoolSpec,
    room: ClassSpec,
    special: Special,
    chance: Random,
    numbers: Numbers,
) -> Pupil:
    first = date(int(school.school_year[:4]) - 5 - room.grade, 1, 1)
    born = first + timedelta(days=chance.randrange(365))
    families = words()["families"]
    father = special.name.split()[0]
    if father not in (*families["Kinh"], *families["Khmer"]):
        father = chance.choice(families["Kinh"])
    province = school.province.replace("Tỉnh", "tỉnh")
    number = _personal_number(school, special, born, next(numbers.serials))
    home_town = chance.choice(words()["places"]["home_towns"])
    return Pupil(
        code=f"7{school.number:05d}{next(numbers.codes):04d}",
        name=special.name,
        gender=1 if special.gender == 1 else 2,
        birth_date=born,
        ethnicity=special.ethnicity,
        nationality="Việt Nam",
        birth_place=school.province.removeprefix("Tỉnh "),
        home_town=f"{home_town}, {province}",
        address=f"{school.commune}, {province}",
        father=_name(father, 1, chance),
        mother=_name(chance.choice(families["Kinh"]), 2, chance),
        guardian=special.guardian,
        personal_number="" if special.slip is Slip.NO_NUMBER else number,
        disability=special.disability,
    )


def _personal_number(
    school: SchoolSpec, special: Special, born: date, serial: int
) -> str:
    """Province, sex and century, year, and six more digits (domain.md §3)."""
    sex = special.gender + 1
    if special.slip is Slip.WRONG_NUMBER:
        sex = 5 - sex
    serial_part = f"{school.number % 1000:03d}{serial:03d}"
    return f"{school.province_number}{sex}{born.year % 100:02d}{serial_part}"
