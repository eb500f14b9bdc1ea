"""Calls that a bridge was asked to make, and what was reported of them."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bridge_call",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("interviewer_phone", sa.String(length=30), nullable=False),
        sa.Column("asked", sa.String(length=20), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=True),
        sa.Column("error_code", sa.String(length=30), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("requested_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["contact_attempt.id"], name=op.f("fk_bridge_call_attempt_id_contact_attempt")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bridge_call")),
        sa.UniqueConstraint("attempt_id", "number", name=op.f("uq_bridge_call_attempt_id_number")),
    )
    op.create_table(
        "bridge_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("leg", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("received_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["bridge_call.id"], name=op.f("fk_bridge_report_call_id_bridge_call")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bridge_report")),
        sa.UniqueConstraint("call_id", "leg", "status", name=op.f("uq_bridge_report_call_id_leg_status")),
    )


def downgrade() -> None:
    op.drop_table("bridge_report")
    op.drop_table("bridge_call")
