"""Telephone interviews: their measures, flags and reviews, and the call-backs by another person."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interview_profile",
        sa.Column("response_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("instrument", survey_app.db.code(30), nullable=False),
        sa.Column("interviewer_id", sa.Integer(), nullable=False),
        sa.Column("received_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("least_seconds", sa.Integer(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        _refers("interview_profile", "response_id", "response", ondelete="CASCADE"),
        _refers("interview_profile", "round_id", "round"),
        _refers("interview_profile", "interviewer_id", "account"),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_interview_profile")),
    )
    op.create_index(
        "ix_interview_profile_survey",
        "interview_profile",
        ["round_id", "instrument", "interviewer_id", "received_at", "seconds"],
    )
    op.create_table(
        "interview_flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("instrument", survey_app.db.code(30), nullable=False),
        sa.Column("interviewer_id", sa.Integer(), nullable=False),
        sa.Column("flag", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("other_response_id", sa.Integer(), nullable=True),
        _refers("interview_flag", "response_id", "response", ondelete="CASCADE"),
        _refers("interview_flag", "other_response_id", "response", ondelete="CASCADE"),
        _refers("interview_flag", "round_id", "round"),
        _refers("interview_flag", "interviewer_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview_flag")),
        sa.UniqueConstraint("response_id", "flag", name=op.f("uq_interview_flag_response_id_flag")),
    )
    op.create_index(
        "ix_interview_flag_survey", "interview_flag", ["round_id", "instrument", "interviewer_id", "flag"]
    )
    op.create_table(
        "interview_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        _refers("interview_review", "response_id", "response"),
        _refers("interview_review", "decided_by_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview_review")),
    )
    op.create_index(op.f("ix_interview_review_response_id"), "interview_review", ["response_id"])
    op.create_table(
        "back_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("instrument", survey_app.db.code(30), nullable=False),
        sa.Column("interviewer_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("in_sample", sa.Boolean(), nullable=False),
        sa.Column("drawn_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("held_by_id", sa.Integer(), nullable=True),
        sa.Column("held_until", survey_app.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("checker_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", survey_app.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("called", sa.String(length=10), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "held_by_id IS NULL OR held_by_id <> interviewer_id", name=op.f("ck_back_check_another_holds")
        ),
        sa.CheckConstraint(
            "checker_id IS NULL OR checker_id <> interviewer_id", name=op.f("ck_back_check_another_checks")
        ),
        _refers("back_check", "response_id", "response", ondelete="CASCADE"),
        _refers("back_check", "case_id", "case"),
        _refers("back_check", "round_id", "round"),
        _refers("back_check", "interviewer_id", "account"),
        _refers("back_check", "held_by_id", "account"),
        _refers("back_check", "checker_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_back_check")),
        sa.UniqueConstraint("public_id", name=op.f("uq_back_check_public_id")),
        sa.UniqueConstraint("held_by_id", name=op.f("uq_back_check_held_by_id")),
        sa.UniqueConstraint("response_id", "number", name=op.f("uq_back_check_response_id_number")),
    )
    op.create_index("ix_back_check_queue", "back_check", ["state", "due_at"])
    op.create_index("ix_back_check_survey", "back_check", ["round_id", "instrument", "interviewer_id"])
    op.create_table(
        "back_check_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("back_check_id", sa.Integer(), nullable=False),
        sa.Column("checker_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("started_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", survey_app.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        _refers("back_check_call", "back_check_id", "back_check", ondelete="CASCADE"),
        _refers("back_check_call", "checker_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_back_check_call")),
    )
    op.create_index(op.f("ix_back_check_call_back_check_id"), "back_check_call", ["back_check_id"])
    op.create_index(op.f("ix_back_check_call_checker_id"), "back_check_call", ["checker_id"])


def downgrade() -> None:
    for table in ("back_check_call", "back_check", "interview_review", "interview_flag", "interview_profile"):
        op.drop_table(table)


def _refers(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)
