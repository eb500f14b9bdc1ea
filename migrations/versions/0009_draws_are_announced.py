"""Draws are announced before they are made; who is passed over has a reason of its own."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = survey_app.db.UtcDateTime(timezone=True)
# Where earlier versions noted a reserve that was skipped.
SKIPPED = "跳过：本轮的回访已结束"
ANNOUNCED = "fk_sample_announcement_id_draw_announcement"

entry = sa.table(
    "sample_entry", sa.column("called_in_reason", sa.String()), sa.column("passed_over", sa.String())
)


def upgrade() -> None:
    op.create_table(
        "draw_announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("instrument", survey_app.db.code(30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("rest_quarters", sa.Integer(), nullable=False),
        sa.Column("units_cap", sa.Integer(), nullable=False),
        sa.Column("announced_at", MOMENT, nullable=False),
        sa.Column("announced_by_id", sa.Integer(), nullable=True),
        sa.Column("drawn_at", MOMENT, nullable=True),
        sa.Column("result_digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_draw_announcement_round_id_round")),
        sa.ForeignKeyConstraint(
            ["announced_by_id"], ["account.id"], name=op.f("fk_draw_announcement_announced_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_announcement")),
        sa.UniqueConstraint(
            "round_id",
            "instrument",
            "number",
            name=op.f("uq_draw_announcement_round_id_instrument_number"),
        ),
    )
    op.create_table(
        "announced_library",
        sa.Column("announcement_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.Column("frame_size", sa.Integer(), nullable=False),
        sa.Column("frame_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["draw_announcement.id"],
            name=op.f("fk_announced_library_announcement_id_draw_announcement"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_announced_library_unit_id_unit")),
        sa.PrimaryKeyConstraint("announcement_id", "unit_id", name=op.f("pk_announced_library")),
    )
    with op.batch_alter_table("sample", schema=None) as batch_op:
        batch_op.add_column(sa.Column("announcement_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("wanted", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("order_digest", sa.String(length=64), nullable=True))
        batch_op.create_foreign_key(ANNOUNCED, "draw_announcement", ["announcement_id"], ["id"])
    with op.batch_alter_table("sample_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("passed_over", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("asked_in", sa.String(length=7), nullable=True))
        batch_op.add_column(sa.Column("asked_about", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        sa.update(entry)
        .where(entry.c.called_in_reason == SKIPPED)
        .values(passed_over="ended", called_in_reason="")
    )


def downgrade() -> None:
    op.execute(sa.update(entry).where(entry.c.passed_over.is_not(None)).values(called_in_reason=SKIPPED))
    with op.batch_alter_table("sample_entry", schema=None) as batch_op:
        batch_op.drop_column("asked_about")
        batch_op.drop_column("asked_in")
        batch_op.drop_column("passed_over")
    with op.batch_alter_table("sample", schema=None) as batch_op:
        batch_op.drop_constraint(ANNOUNCED, type_="foreignkey")
        batch_op.drop_column("order_digest")
        batch_op.drop_column("wanted")
        batch_op.drop_column("announcement_id")
    op.drop_table("announced_library")
    op.drop_table("draw_announcement")
