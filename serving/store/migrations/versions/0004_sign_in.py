"""Passwords for once, and sign-ins that have gone to an OIDC provider and are not back."""

import sqlalchemy as sa
from alembic import op

revision = "0004_sign_in"
down_revision = "0003_releases"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("once_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "oidc_tries",
        sa.Column("state_digest", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_digest", name="pk_oidc_tries"),
    )
    op.create_index("ix_oidc_tries_at", "oidc_tries", ["at"], unique=False)
