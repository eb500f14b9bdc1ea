"""What the units have promised for their matters."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_promise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("matter", survey_app.db.code(50), nullable=False),
        sa.Column("days", survey_app.db.ExactDecimal(length=32), nullable=True),
        sa.Column("documents", survey_app.db.ExactDecimal(length=32), nullable=True),
        sa.Column("fee", survey_app.db.ExactDecimal(length=32), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_service_promise_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["account.id"], name=op.f("fk_service_promise_entered_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_promise")),
        sa.UniqueConstraint("unit_id", "matter", name=op.f("uq_service_promise_unit_id_matter")),
    )


def downgrade() -> None:
    op.drop_table("service_promise")
