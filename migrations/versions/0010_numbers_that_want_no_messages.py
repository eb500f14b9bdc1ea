"""Numbers whose owners want no more messages: told to us, or reported by the provider."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sms_refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "asker",
            sa.Enum(
                "admin",
                "office",
                "commission",
                "interviewer",
                "supervisor",
                "unit",
                name="role",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("phone_hash", sa.String(length=64), nullable=False),
        sa.Column("phone_mask", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["account.id"], name=op.f("fk_sms_refusal_entered_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_refusal")),
        sa.UniqueConstraint("asker", "phone_hash", name=op.f("uq_sms_refusal_asker_phone_hash")),
    )
    with op.batch_alter_table("message") as batch:
        batch.add_column(sa.Column("opted_out", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("message") as batch:
        batch.alter_column("opted_out", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("message") as batch:
        batch.drop_column("opted_out")
    op.drop_table("sms_refusal")
