"""Units hand in their libraries themselves; replaced numbers, other names and staff's own numbers are kept."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("phone", sa.String(length=40), nullable=True))
    op.add_column("frame_entry", sa.Column("other_name", sa.String(length=200), nullable=True))
    op.create_table(
        "entry_phone",
        sa.Column("frame_entry_id", sa.Integer(), nullable=False),
        sa.Column("number", survey_app.db.code(20), nullable=False),
        sa.Column("extension", survey_app.db.code(10), nullable=False),
        sa.Column("kind", survey_app.db.code(10), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["frame_entry_id"], ["frame_entry.id"], name=op.f("fk_entry_phone_frame_entry_id_frame_entry")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_entry_phone_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_entry_phone_enterprise_id_enterprise")
        ),
        sa.PrimaryKeyConstraint("frame_entry_id", "number", "extension", name=op.f("pk_entry_phone")),
    )
    op.create_index("ix_entry_phone_number", "entry_phone", ["number", "extension", "enterprise_id"])
    op.create_index("ix_entry_phone_unit", "entry_phone", ["unit_id", "kind", "frame_entry_id"])
    _fill_entry_phones()
    op.create_table(
        "library_deadline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("due_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.Column("set_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_library_deadline_round_id_round")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_library_deadline_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["account.id"], name=op.f("fk_library_deadline_set_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_deadline")),
    )
    op.create_index(op.f("ix_library_deadline_round_id"), "library_deadline", ["round_id"])
    op.create_table(
        "library_submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("receipt", survey_app.db.code(40), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", survey_app.db.code(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("frame_import_id", sa.Integer(), nullable=False),
        sa.Column("submitted_by_id", sa.Integer(), nullable=False),
        sa.Column("submitted_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_library_submission_round_id_round")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_library_submission_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["frame_import_id"],
            ["frame_import.id"],
            name=op.f("fk_library_submission_frame_import_id_frame_import"),
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["account.id"], name=op.f("fk_library_submission_submitted_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_submission")),
        sa.UniqueConstraint("receipt", name=op.f("uq_library_submission_receipt")),
        sa.UniqueConstraint(
            "round_id", "unit_id", "number", name=op.f("uq_library_submission_round_id_unit_id_number")
        ),
    )
    op.create_index(op.f("ix_library_submission_unit_id"), "library_submission", ["unit_id"])
    op.create_table(
        "phones_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("frame_entry_id", sa.Integer(), nullable=False),
        sa.Column("old_phones", sa.JSON(), nullable=False),
        sa.Column("last_given_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("frame_import_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", survey_app.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["frame_entry_id"], ["frame_entry.id"], name=op.f("fk_phones_change_frame_entry_id_frame_entry")
        ),
        sa.ForeignKeyConstraint(
            ["frame_import_id"],
            ["frame_import.id"],
            name=op.f("fk_phones_change_frame_import_id_frame_import"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones_change")),
    )
    op.create_index(op.f("ix_phones_change_frame_entry_id"), "phones_change", ["frame_entry_id"])


def _fill_entry_phones() -> None:
    """Give every number that the libraries hold already its row, each once."""
    entry = sa.table(
        "frame_entry",
        sa.column("id", sa.Integer),
        sa.column("unit_id", sa.Integer),
        sa.column("enterprise_id", sa.Integer),
        sa.column("phones", sa.JSON),
    )
    names = ("frame_entry_id", "number", "extension", "kind", "unit_id", "enterprise_id")
    target = sa.table("entry_phone", *(sa.column(name) for name in names))
    connection = op.get_bind()
    rows = {
        (entry_id, phone["number"], phone.get("extension", "")): (phone["kind"], unit_id, enterprise_id)
        for entry_id, unit_id, enterprise_id, phones in connection.execute(sa.select(entry))
        for phone in phones
    }
    if rows:
        values = [dict(zip(names, (*key, *rest), strict=True)) for key, rest in rows.items()]
        connection.execute(sa.insert(target), values)


def downgrade() -> None:
    op.drop_table("phones_change")
    op.drop_table("library_submission")
    op.drop_table("library_deadline")
    op.drop_table("entry_phone")
    op.drop_column("frame_entry", "other_name")
    op.drop_column("account", "phone")
