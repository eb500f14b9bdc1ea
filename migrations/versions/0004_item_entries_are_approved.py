"""Item entries are approved by a second person; supervisors stand back where they are conflicted."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Entries from before the rule are in force as they were: approved, by nobody."""
    states = sa.Enum("waiting", "approved", "returned", name="approval", native_enum=False, length=10)
    with op.batch_alter_table("item_entry") as batch:
        batch.add_column(sa.Column("approval", states, nullable=False, server_default="approved"))
        batch.add_column(sa.Column("decided_at", survey_app.db.UtcDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("decision_reason", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("decided_by_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_item_entry_decided_by_id_account"), "account", ["decided_by_id"], ["id"]
        )
    with op.batch_alter_table("item_entry") as batch:
        batch.alter_column("approval", existing_type=states, existing_nullable=False, server_default=None)
        batch.alter_column(
            "decision_reason", existing_type=sa.Text(), existing_nullable=False, server_default=None
        )
    op.create_table(
        "rater_conflict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("supervisor_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declared_by_id", sa.Integer(), nullable=False),
        sa.Column("declared_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", survey_app.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["supervisor_id"], ["account.id"], name=op.f("fk_rater_conflict_supervisor_id_account")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_rater_conflict_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["declared_by_id"], ["account.id"], name=op.f("fk_rater_conflict_declared_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["account.id"], name=op.f("fk_rater_conflict_withdrawn_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rater_conflict")),
    )
    op.create_index(
        "uq_rater_conflict_standing",
        "rater_conflict",
        ["supervisor_id", "unit_id"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    """Take back what nobody approved: without the rule the newest version would count, whoever saw it."""
    op.drop_index("uq_rater_conflict_standing", "rater_conflict")
    op.drop_table("rater_conflict")
    op.execute("DELETE FROM item_entry WHERE approval <> 'approved'")
    with op.batch_alter_table("item_entry") as batch:
        batch.drop_constraint(op.f("fk_item_entry_decided_by_id_account"), type_="foreignkey")
        for column in ("decided_by_id", "decision_reason", "decided_at", "approval"):
            batch.drop_column(column)
