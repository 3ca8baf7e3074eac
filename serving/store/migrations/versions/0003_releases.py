"""Releases to homes, and the mail that tells of them."""

import sqlalchemy as sa
from alembic import op

revision = "0003_releases"
down_revision = "0002_decisions"


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("home_id", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('sent', 'will_retry', 'failed')", name="ck_deliveries_state"),
        sa.CheckConstraint("attempts > 0", name="ck_deliveries_attempts"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index(
        "ix_deliveries_home_id_as_of_recipient", "deliveries", ["home_id", "as_of", "recipient"], unique=True
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.String(length=200), nullable=False),
        sa.Column("home_id", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("released_by", sa.Integer(), nullable=False),
        sa.Column("released_by_name", sa.String(length=200), nullable=False),
        sa.Column("released_by_role", sa.String(length=32), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_name", sa.String(length=200), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "released_by_role IN ('gp', 'mdt_lead', 'home_manager', 'data_scientist', 'administrator')",
            name="ck_releases_released_by_role",
        ),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_why IS NULL)", name="ck_releases_withdrawn_whole"),
        sa.CheckConstraint("valid_from <= valid_until", name="ck_releases_days"),
        sa.ForeignKeyConstraint(["released_by"], ["accounts.id"], name="fk_releases_released_by"),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_releases_home_id_as_of", "releases", ["home_id", "as_of"], unique=False)
    op.create_index("ix_releases_resident_id", "releases", ["resident_id"], unique=False)
