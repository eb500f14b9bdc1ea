"""Enterprises that say that a response was not theirs, and what staff found out."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "disavowal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("first_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name=op.f("fk_disavowal_response_id_response")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disavowal")),
        sa.UniqueConstraint("response_id", name=op.f("uq_disavowal_response_id")),
    )
    op.create_table(
        "disavowal_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("disavowal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["disavowal_id"], ["disavowal.id"], name=op.f("fk_disavowal_entry_disavowal_id_disavowal")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_disavowal_entry_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disavowal_entry")),
        sa.UniqueConstraint("disavowal_id", "number", name=op.f("uq_disavowal_entry_disavowal_id_number")),
    )


def downgrade() -> None:
    op.drop_table("disavowal_entry")
    op.drop_table("disavowal")
