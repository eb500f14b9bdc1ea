"""Who asks with which questionnaire follows from the scheme's items, and from nothing else."""

from survey_app.domain.instrument_owner import instrument_of, owner_of, surveys_of
from survey_app.domain.roles import Role
from survey_app.schemes.loader import load_scheme


def test_answers_from_the_libraries_alone_are_the_offices_the_others_the_commissions() -> None:
    scheme = load_scheme()
    assert surveys_of(scheme) == [("satisfaction", Role.OFFICE), ("mass_appraisal", Role.COMMISSION)]
    assert instrument_of(scheme, Role.OFFICE) == "satisfaction"
    assert instrument_of(scheme, Role.COMMISSION) == "mass_appraisal"


def test_nobody_else_asks_and_no_other_item_is_decided_by_answers() -> None:
    scheme = load_scheme()
    for role in set(Role) - {Role.OFFICE, Role.COMMISSION}:
        assert instrument_of(scheme, role) is None
    assert owner_of(scheme, "publicity") is None
    assert owner_of(scheme, "nothing") is None
