"""The day's board counts cases by where they stand, and calls by when they were made."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_case_board", "case", ["round_id", "instrument", "closed", "disposition", "due_at"])
    op.create_index(
        "ix_contact_attempt_time", "contact_attempt", ["started_at", "outcome", "interviewer_id", "case_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_contact_attempt_time", table_name="contact_attempt")
    op.drop_index("ix_case_board", table_name="case")
