"""Which attempts count and when they were, numbers that were found later, and days that are called or not."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "added_phone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("extension", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("contact", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.Column("added_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["account.id"], name=op.f("fk_added_phone_added_by_id_account")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_added_phone_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_added_phone")),
        sa.UniqueConstraint(
            "case_id", "number", "extension", name=op.f("uq_added_phone_case_id_number_extension")
        ),
    )
    op.create_table(
        "calling_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["account.id"], name=op.f("fk_calling_day_entered_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calling_day")),
        sa.UniqueConstraint("day", name=op.f("uq_calling_day_day")),
    )
    for name in ("counted_attempts", "parts_tried"):
        op.add_column("case", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    # Of earlier calls all count, and their parts of the day are forgotten: they are only tried once more in each.
    op.execute(sa.text('UPDATE "case" SET counted_attempts = attempts'))
    with op.batch_alter_table("case") as batch:
        for name in ("counted_attempts", "parts_tried"):
            batch.alter_column(name, existing_type=sa.Integer(), server_default=None)
        batch.drop_index("ix_case_queue")
        batch.create_index(
            "ix_case_queue",
            ["round_id", "closed", "parts_tried", "counted_attempts", "due_at", "public_id"],
        )
        batch.create_index("ix_case_appointment", ["round_id", "closed", "appointment_at"])
    op.drop_index("ix_contact_attempt_interviewer_id", table_name="contact_attempt")
    op.create_index("ix_contact_attempt_interviewer", "contact_attempt", ["interviewer_id", "started_at"])
    op.create_index("ix_response_interviewer", "response", ["interviewer_id", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_response_interviewer", table_name="response")
    op.drop_index("ix_contact_attempt_interviewer", table_name="contact_attempt")
    op.create_index("ix_contact_attempt_interviewer_id", "contact_attempt", ["interviewer_id"])
    with op.batch_alter_table("case") as batch:
        batch.drop_index("ix_case_appointment")
        batch.drop_index("ix_case_queue")
        batch.create_index("ix_case_queue", ["round_id", "instrument", "closed", "due_at"])
        batch.drop_column("parts_tried")
        batch.drop_column("counted_attempts")
    op.drop_table("calling_day")
    op.drop_table("added_phone")
