"""Decisions, actions, additions and checks of who is there."""

import sqlalchemy as sa
from alembic import op

revision = "0002_decisions"
down_revision = "0001_accounts"


def upgrade() -> None:
    op.create_table(
        "additions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.String(length=200), nullable=False),
        sa.Column("home_id", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_by_name", sa.String(length=200), nullable=False),
        sa.Column("asked_by_role", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_by_name", sa.String(length=200), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("answer IN ('will_discuss', 'seen_already', 'not_this_week')", name="ck_additions_answer"),
        sa.CheckConstraint(
            "asked_by_role IN ('gp', 'mdt_lead', 'home_manager', 'data_scientist', 'administrator')",
            name="ck_additions_asked_by_role",
        ),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="ck_additions_answered_whole"),
        sa.ForeignKeyConstraint(["answered_by"], ["accounts.id"], name="fk_additions_answered_by"),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name="fk_additions_asked_by"),
        sa.PrimaryKeyConstraint("id", name="pk_additions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_additions_asked_at", "additions", ["asked_at"], unique=False)
    op.create_index("ix_additions_resident_id", "additions", ["resident_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.String(length=200), nullable=False),
        sa.Column("home_id", sa.String(length=200), nullable=False),
        sa.Column("practice", sa.String(length=200), nullable=True),
        sa.Column("team_id", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("list_digest", sa.String(length=64), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("form", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("author_role", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("not_suitable_reason", sa.String(length=32), nullable=True),
        sa.Column("wishes", sa.Text(), nullable=False),
        sa.Column("capacity", sa.String(length=32), nullable=True),
        sa.Column("attorney", sa.Text(), nullable=False),
        sa.Column("family_told", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("share_with_home", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'not_suitable') = (not_suitable_reason IS NOT NULL)", name="ck_decisions_reason_given"
        ),
        sa.CheckConstraint(
            "author_role IN ('gp', 'mdt_lead', 'home_manager', 'data_scientist', 'administrator')",
            name="ck_decisions_author_role",
        ),
        sa.CheckConstraint(
            "capacity IN ('has_capacity', 'lacks_capacity', 'not_assessed')", name="ck_decisions_capacity"
        ),
        sa.CheckConstraint(
            "not_suitable_reason IN ('end_of_life', 'in_hospital', 'moved', 'died', 'declined', 'other')",
            name="ck_decisions_not_suitable_reason",
        ),
        sa.CheckConstraint(
            "outcome IN ('discussed_actions', 'discussed_nothing', 'not_suitable', 'next_week')",
            name="ck_decisions_outcome",
        ),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name="fk_decisions_author_id"),
        sa.ForeignKeyConstraint(["based_on"], ["decisions.id"], name="fk_decisions_based_on"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.UniqueConstraint("author_id", "form", name="uq_decisions_author_id_form"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_as_of", "decisions", ["as_of"], unique=False)
    op.create_index("ix_decisions_resident_id_id", "decisions", ["resident_id", "id"], unique=False)
    op.create_table(
        "roster_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("home_id", sa.String(length=200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("resident_id", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Integer(), nullable=False),
        sa.Column("said_by_name", sa.String(length=200), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("resident_id IS NOT NULL OR state = 'arrived'", name="ck_roster_checks_who"),
        sa.CheckConstraint("state IN ('here', 'arrived', 'left', 'in_hospital')", name="ck_roster_checks_state"),
        sa.ForeignKeyConstraint(["said_by"], ["accounts.id"], name="fk_roster_checks_said_by"),
        sa.PrimaryKeyConstraint("id", name="pk_roster_checks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_roster_checks_home_id_day", "roster_checks", ["home_id", "day"], unique=False)
    op.create_table(
        "actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(length=200), nullable=True),
        sa.Column("cancelled_why", sa.Text(), nullable=True),
        sa.CheckConstraint("done_at IS NULL OR cancelled_at IS NULL", name="ck_actions_one_end"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_actions_decision_id"),
        sa.PrimaryKeyConstraint("id", name="pk_actions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_actions_decision_id", "actions", ["decision_id"], unique=False)
    op.create_index("ix_actions_due_on", "actions", ["due_on"], unique=False)
    op.create_table(
        "reason_responses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("reason_group", sa.String(length=200), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("response", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "response IN ('agree', 'dealt_with', 'not_right', 'not_relevant')", name="ck_reason_responses_response"
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_reason_responses_decision_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reason_responses"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reason_responses_decision_id", "reason_responses", ["decision_id"], unique=False)
