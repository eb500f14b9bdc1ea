"""Ledgers and attachments; endorsements and broken promises become ledger entries."""

import hashlib
from datetime import date
from unicodedata import category, normalize

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = survey_app.db.UtcDateTime(timezone=True)
CODE = {n: sa.String(n).with_variant(sa.String(n, collation="C"), "postgresql") for n in (50, 64)}


def upgrade() -> None:
    """Make the tables, then move what was there, as approved by the one person there was."""
    kinds = ("visits", "problems", "rectifications", "articles", "endorsements", "broken_promises")
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("item", CODE[50], nullable=False),
        sa.Column("kind", sa.Enum(*kinds, name="ledgerkind", native_enum=False, length=20), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("name_key", CODE[64], nullable=False),
        sa.Column("link_key", CODE[64], nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=False),
        sa.Column("withdrawal_asked_at", MOMENT, nullable=True),
        sa.Column("withdrawal_asked_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "approval",
            sa.Enum("waiting", "approved", "returned", name="approval", native_enum=False, length=10),
            nullable=False,
        ),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        *_foreign_keys(
            "ledger_entry",
            round_id="round",
            unit_id="unit",
            withdrawal_asked_by_id="account",
            withdrawn_by_id="account",
            entered_by_id="account",
            decided_by_id="account",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index("ix_ledger_entry_place", "ledger_entry", ["round_id", "item", "unit_id"])
    op.create_index(op.f("ix_ledger_entry_name_key"), "ledger_entry", ["name_key"])
    op.create_index(op.f("ix_ledger_entry_link_key"), "ledger_entry", ["link_key"])
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("item", CODE[50], nullable=False),
        sa.Column("ledger_entry_id", sa.Integer(), nullable=True),
        sa.Column("filename", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", CODE[64], nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        *_foreign_keys(
            "attachment",
            round_id="round",
            unit_id="unit",
            ledger_entry_id="ledger_entry",
            uploaded_by_id="account",
            withdrawn_by_id="account",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_place", "attachment", ["round_id", "item", "unit_id"])
    op.create_index(op.f("ix_attachment_ledger_entry_id"), "attachment", ["ledger_entry_id"])
    _move_up()
    op.drop_table("endorsement")
    op.drop_table("broken_promise")


def downgrade() -> None:
    """Move endorsements and broken promises back; ledgers of other kinds and attachments had no place."""
    op.create_table(
        "endorsement",
        *_old_columns(
            sa.Column("practice", sa.String(200), nullable=False),
            sa.Column("level", sa.String(20), nullable=False),
            sa.Column("source", sa.Text(), nullable=False),
            sa.Column("endorsed_on", sa.Date(), nullable=False),
        ),
        *_foreign_keys("endorsement", entered_by_id="account", round_id="round", unit_id="unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endorsement")),
    )
    op.create_index(op.f("ix_endorsement_round_id"), "endorsement", ["round_id"])
    op.create_table(
        "broken_promise",
        *_old_columns(
            sa.Column("description", sa.Text(), nullable=False),
            sa.Column("verified_on", sa.Date(), nullable=False),
        ),
        *_foreign_keys("broken_promise", entered_by_id="account", round_id="round", unit_id="unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broken_promise")),
    )
    op.create_index(op.f("ix_broken_promise_round_id"), "broken_promise", ["round_id"])
    _move_down()
    op.drop_table("attachment")
    op.drop_table("ledger_entry")


def _foreign_keys(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
        for column, target in targets.items()
    ]


def _old_columns(*own: sa.Column) -> list[sa.Column]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        *own,
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
    ]


def _entries(table: str, plain: str, *own: sa.Column) -> sa.TableClause:
    """A table of entries as far as moving them needs it."""
    return sa.table(
        table,
        *map(sa.column, ("id", "round_id", "unit_id", "entered_by_id", *plain.split())),
        sa.Column("entered_at", MOMENT),
        sa.Column("withdrawn_at", MOMENT),
        *own,
    )


_LEDGER = _entries(
    "ledger_entry",
    "item kind name_key withdrawal_reason approval decision_reason",
    sa.Column("data", sa.JSON),
    sa.Column("withdrawal_asked_at", MOMENT),
    sa.Column("decided_at", MOMENT),
)
_OLD = {
    "endorsements": _entries(
        "endorsement", "practice level source withdrawn_reason", sa.Column("endorsed_on", sa.Date)
    ),
    "broken_promises": _entries(
        "broken_promise", "description withdrawn_reason", sa.Column("verified_on", sa.Date)
    ),
}
# The fields of each kind, and those by which an entry is found again. Both kinds are named as in the one
# scheme there is: its ids of bonus and penalty.
_FIELDS = {
    "endorsements": (("practice", "level", "source", "endorsed_on"), ("practice",)),
    "broken_promises": (("description", "verified_on"), ("description", "verified_on")),
}


def _move_up() -> None:
    bind = op.get_bind()
    for kind, old in _OLD.items():
        fields, known_by = _FIELDS[kind]
        for row in bind.execute(sa.select(old).order_by(old.c.id)).mappings().all():
            data = {key: str(row[key]) for key in fields}
            name = "\n".join(_plainest(data[key]) for key in known_by)
            bind.execute(
                sa.insert(_LEDGER).values(
                    round_id=row["round_id"],
                    unit_id=row["unit_id"],
                    item=kind,
                    kind=kind,
                    data=data,
                    name_key=hashlib.sha256(name.encode()).hexdigest(),
                    approval="approved",
                    decision_reason="",
                    entered_by_id=row["entered_by_id"],
                    entered_at=row["entered_at"],
                    withdrawal_reason=row["withdrawn_reason"],
                    withdrawal_asked_at=row["withdrawn_at"],
                    withdrawn_at=row["withdrawn_at"],
                )
            )


def _move_down() -> None:
    """What was not approved must not count there either: it goes back as withdrawn."""
    bind = op.get_bind()
    rows = bind.execute(sa.select(_LEDGER).order_by(_LEDGER.c.id)).mappings().all()
    for row in rows:
        if row["kind"] not in _OLD:
            continue
        values = {
            key: date.fromisoformat(row["data"][key]) if key.endswith("_on") else row["data"][key]
            for key in _FIELDS[row["kind"]][0]
        }
        approved = row["approval"] == "approved"
        bind.execute(
            sa.insert(_OLD[row["kind"]]).values(
                round_id=row["round_id"],
                unit_id=row["unit_id"],
                entered_by_id=row["entered_by_id"],
                entered_at=row["entered_at"],
                withdrawn_at=row["withdrawn_at"]
                if approved
                else row["withdrawn_at"] or row["decided_at"] or row["entered_at"],
                withdrawn_reason=(row["withdrawal_reason"] if row["withdrawn_at"] else "")
                or ("" if approved else row["decision_reason"] or "未经审核"),
                **values,
            )
        )


def _plainest(text: str) -> str:
    squeezed = "".join(normalize("NFKC", text).split()).casefold()
    return "".join(symbol for symbol in squeezed if category(symbol)[0] != "P") or squeezed
