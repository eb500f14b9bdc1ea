"""Answers that two persons void or replace."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WAITING = sa.text("approval = 'waiting'")


def upgrade() -> None:
    with op.batch_alter_table("answer") as batch:
        batch.drop_index("ix_answer_tally")
        batch.add_column(sa.Column("counted", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("later_submission_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_answer_later_submission_id_later_submission",
            "later_submission",
            ["later_submission_id"],
            ["id"],
        )
        batch.drop_constraint("uq_answer_response_id_unit_id", type_="unique")
        batch.create_unique_constraint(
            "uq_answer_response_id_unit_id_version", ["response_id", "unit_id", "version"]
        )
        batch.create_index("ix_answer_tally", ["round_id", "instrument", "counted", "unit_id", "rating"])
    with op.batch_alter_table("answer") as batch:
        batch.alter_column("counted", server_default=None)
        batch.alter_column("version", server_default=None)
    op.create_table(
        "answer_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum("void", "replace", name="reviewkind", native_enum=False, length=10), nullable=False),
        sa.Column("later_submission_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "approval",
            sa.Enum("waiting", "approved", "returned", name="approval", native_enum=False, length=10),
            nullable=False,
        ),
        sa.Column("entered_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", survey_app.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name=op.f("fk_answer_review_answer_id_answer")),
        sa.ForeignKeyConstraint(
            ["later_submission_id"],
            ["later_submission.id"],
            name=op.f("fk_answer_review_later_submission_id_later_submission"),
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["account.id"], name=op.f("fk_answer_review_entered_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_answer_review_decided_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_review")),
    )
    op.create_index(op.f("ix_answer_review_answer_id"), "answer_review", ["answer_id"])
    op.create_index(
        "uq_answer_review_waiting", "answer_review", ["answer_id"], unique=True,
        sqlite_where=_WAITING, postgresql_where=_WAITING,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("answer_review")
    op.execute("DELETE FROM answer WHERE version > 1")
    with op.batch_alter_table("answer") as batch:
        batch.drop_index("ix_answer_tally")
        batch.drop_constraint("uq_answer_response_id_unit_id_version", type_="unique")
        batch.create_unique_constraint("uq_answer_response_id_unit_id", ["response_id", "unit_id"])
        batch.drop_constraint("fk_answer_later_submission_id_later_submission", type_="foreignkey")
        batch.drop_column("later_submission_id")
        batch.drop_column("version")
        batch.drop_column("counted")
        batch.create_index("ix_answer_tally", ["round_id", "instrument", "unit_id", "rating"])
