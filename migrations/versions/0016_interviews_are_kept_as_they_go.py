"""The consent of each call, with its moment and the script's version, and what an interview brought so far."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact_attempt", sa.Column("consent", sa.String(length=10), nullable=True))
    op.add_column("contact_attempt", sa.Column("script_version", sa.String(length=20), nullable=True))
    op.add_column(
        "contact_attempt", sa.Column("consented_at", survey_app.db.UtcDateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "interview_draft",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["contact_attempt.id"],
            name=op.f("fk_interview_draft_attempt_id_contact_attempt"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_interview_draft")),
    )


def downgrade() -> None:
    op.drop_table("interview_draft")
    for name in ("consented_at", "script_version", "consent"):
        op.drop_column("contact_attempt", name)
