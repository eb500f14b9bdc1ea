"""Which notice on personal data an answer was given under, and the links that were replaced."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("response") as table:
        table.add_column(sa.Column("notice_version", sa.String(length=20), nullable=True))
    op.create_table(
        "replaced_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("replaced_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_replaced_link_case_id_case"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_replaced_link")),
    )
    op.create_index(op.f("ix_replaced_link_code_hash"), "replaced_link", ["code_hash"])


def downgrade() -> None:
    op.drop_index(op.f("ix_replaced_link_code_hash"), "replaced_link")
    op.drop_table("replaced_link")
    with op.batch_alter_table("response") as table:
        table.drop_column("notice_version")
