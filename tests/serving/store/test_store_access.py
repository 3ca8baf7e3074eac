"""Who may do what is a table."""

import subprocess
import sys

import pytest

from serving.access import ALLOWED, PERMISSIONS, ROLES, SCOPED_BY, NotAllowed, Scope, Viewer, may, require

# Rows as a person who gives out accounts would read them: GP, MDT lead, home manager, data scientist, administrator.
TABLE = """
see_lists          yes yes no  no  no
decide             yes yes no  no  no
add_resident       yes yes yes no  no
answer_addition    yes yes no  no  no
release_summary    yes yes no  no  no
see_home_page      yes yes yes no  no
check_roster       no  no  yes no  no
download_named     yes yes no  no  no
see_model          no  yes no  yes no
manage_accounts    no  no  no  no  yes
read_trail         no  no  no  no  yes
"""
ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()}


def viewer(role):
    return Viewer(1, "u", "N", role, Scope())


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_each_role_may_do_what_the_table_says(permission):
    assert [("yes" if may(viewer(role), permission) else "no") for role in ROLES] == ROWS[permission]


def test_the_table_is_of_every_permission_and_role():
    assert set(ROWS) == set(PERMISSIONS)
    assert set(ALLOWED) == set(ROLES)


def test_who_sees_no_resident_has_no_scope():
    assert set(ROLES) - set(SCOPED_BY) == {"data_scientist", "administrator"}


def test_what_is_not_allowed_is_said_without_saying_what_there_is():
    require(viewer("gp"), "decide")
    with pytest.raises(NotAllowed, match="does not allow"):
        require(viewer("home_manager"), "decide")


def test_roles_are_known_without_loading_a_database():
    code = (
        "import sys, serving.access; sys.exit(bool({'sqlalchemy', 'alembic', 'argon2', 'fastapi'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
