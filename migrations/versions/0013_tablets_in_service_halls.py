"""Tablets in service halls, and what was sent from them."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tablet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("instrument", survey_app.db.code(30), nullable=False),
        sa.Column("place", sa.String(length=50), nullable=False),
        sa.Column("started_by_id", sa.Integer(), nullable=False),
        sa.Column("started_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", survey_app.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_tablet_round_id_round")),
        sa.ForeignKeyConstraint(["started_by_id"], ["account.id"], name=op.f("fk_tablet_started_by_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tablet")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tablet_token_hash")),
    )
    op.create_index(op.f("ix_tablet_round_id"), "tablet", ["round_id"])
    op.create_table(
        "tablet_submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tablet_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tablet_id"], ["tablet.id"], name=op.f("fk_tablet_submission_tablet_id_tablet")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_tablet_submission_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tablet_submission")),
    )
    op.create_index(op.f("ix_tablet_submission_tablet_id"), "tablet_submission", ["tablet_id"])


def downgrade() -> None:
    op.drop_table("tablet_submission")
    op.drop_table("tablet")
