"""Migrations: they make what the models say, on both databases, there and back, and keep child rows."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from survey_app.db import db
from survey_app.domain.approval import Approval
from survey_app.domain.ledger import LEDGERS, keys_of
from survey_app.models.ledger_entry import LedgerEntry
from survey_app.models.result_version import ResultVersion


@pytest.fixture(autouse=True)
def in_context(app: Flask) -> object:
    with app.app_context():
        yield


def test_migrated_schema_equals_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_down_and_up_again_gives_the_same_schema(app: Flask) -> None:
    def tables() -> dict[str, list[str]]:
        inspector = sa.inspect(db.engine)
        return {
            name: sorted(str(column["name"]) for column in inspector.get_columns(name))
            for name in inspector.get_table_names()
            if name != "alembic_version"
        }

    before = tables()
    downgrade(revision="base")
    assert tables() == {}
    upgrade()
    assert tables() == before


def test_entries_from_before_approvals_are_in_force_and_unapproved_ones_never_are_without_them() -> None:
    downgrade(revision="0004")
    downgrade(revision="-1")
    session = db.session()
    for statement in (
        "INSERT INTO unit (id, name, category, position, active) VALUES (1, '税务局', '政府部门', 1, true)",
        "INSERT INTO account (id, username, display_name, password_hash, role, active, created_at) "
        "VALUES (1, 'a', 'a', 'x', 'office', true, '2022-01-01 00:00:00')",
        "INSERT INTO round (id, quarter, scheme_key, scheme_digest, state) VALUES (1, '2022-Q1', 'x', 'x', 'open')",
        "INSERT INTO item_entry (id, round_id, unit_id, item, version, data, note, entered_by_id, entered_at) "
        "VALUES (1, 1, 1, 'assigned_tasks', 1, '{}', '', 1, '2022-01-01 00:00:00')",
    ):
        session.execute(sa.text(statement))
    session.commit()
    upgrade(revision="0004")
    kept = "SELECT version, approval, decided_by_id, decision_reason FROM item_entry"
    assert session.execute(sa.text(kept)).all() == [(1, "approved", None, "")]
    session.execute(
        sa.text(
            "INSERT INTO item_entry (id, round_id, unit_id, item, version, note, entered_by_id, entered_at, "
            "approval, decision_reason) "
            "VALUES (2, 1, 1, 'assigned_tasks', 2, '', 1, '2022-01-01 00:00:00', 'waiting', '')"
        )
    )
    session.commit()
    downgrade(revision="-1")
    assert session.scalars(sa.text("SELECT version FROM item_entry")).all() == [1]
    session.rollback()
    upgrade()


def test_batch_change_of_a_parent_keeps_its_children(app: Flask, tmp_path: Path) -> None:
    """SQLite rebuilds a changed table; with foreign keys on, that would delete what points to it."""
    session = db.session()
    session.execute(
        sa.text(
            "INSERT INTO unit (id, name, category, position, active) VALUES (1, '税务局', '政府部门', 1, true)"
        )
    )
    session.execute(
        sa.text(
            "INSERT INTO account (id, username, display_name, password_hash, role, unit_id, active, created_at) "
            "VALUES (1, 'a', 'a', 'x', 'unit', 1, true, '2022-01-01 00:00:00')"
        )
    )
    session.execute(
        sa.text(
            "INSERT INTO sign_in_session (id, token_hash, account_id, created_at, seen_at) "
            "VALUES (1, 'x', 1, '2022-01-01 00:00:00', '2022-01-01 00:00:00')"
        )
    )
    session.commit()
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "9999_widen.py").write_text(
        """
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = None
depends_on = "0001"
branch_labels = ("trial",)
def upgrade():
    rebuild = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("account", recreate=rebuild) as batch:
        batch.add_column(sa.Column("extra", sa.String(5)))
def downgrade():
    pass
"""
    )
    config = app.extensions["migrate"].migrate.get_config()
    config.set_main_option(
        "version_locations", f"{config.get_main_option('script_location')}/versions;{versions}"
    )
    config.set_main_option("path_separator", ";")
    command.upgrade(config, "trial@head")
    assert session.scalar(sa.text("SELECT count(*) FROM sign_in_session")) == 1
    session.rollback()


def test_results_frozen_before_versions_were_kept_become_version_one(app: Flask) -> None:
    """Their digest stays the one that their documents were printed with, and the way back loses nothing."""
    downgrade(revision="0006")
    downgrade(revision="-1")
    session, frozen, published = db.session(), "2022-03-31 02:00:00", "2022-04-01 01:00:00"
    session.execute(
        sa.text(
            "INSERT INTO unit (id, name, category, position, active) VALUES "
            "(1, '税务局', '政府部门', 1, true), (2, '供电公司', '公共企业', 2, true)"
        )
    )
    session.execute(
        sa.text(
            "INSERT INTO round (id, quarter, scheme_key, scheme_digest, state, finalised_at, published_at) VALUES "
            "(1, '2022-Q1', 'plan', 'x', 'published', :frozen, :published), "
            "(2, '2022-Q2', 'plan', 'x', 'finalised', :frozen, NULL)"
        ),
        {"frozen": frozen, "published": published},
    )
    for number, (round_id, unit_id) in enumerate(((1, 2), (1, 1), (2, 1)), start=1):
        session.execute(
            sa.text(
                "INSERT INTO unit_score (id, round_id, unit_id, version, total, rank, data, digest, frozen_at) "
                "VALUES (:id, :round, :unit, 1, '88.5', 1, :data, :digest, :frozen)"
            ),
            {
                "id": number, "round": round_id, "unit": unit_id, "data": json.dumps({"unit": f"u{unit_id}"}),
                "digest": str(round_id) * 64, "frozen": frozen,
            },
        )  # fmt: skip
    session.commit()
    upgrade()
    versions = session.query(ResultVersion).order_by(ResultVersion.round_id).all()
    assert [(each.version, each.digest, each.reason, each.frozen_by_id) for each in versions] == [
        (1, "1" * 64, "", None), (1, "2" * 64, "", None),
    ]  # fmt: skip
    first, second = versions
    assert first.dossier == {"scheme": "plan", "round": "2022-Q1", "units": [{"unit": "u2"}, {"unit": "u1"}]}
    assert (str(first.frozen_at)[:19], str(first.published_at)[:19]) == (frozen, published)
    assert second.published_at is None
    session.rollback()
    downgrade(revision="0006")
    downgrade(revision="-1")
    moments = session.scalars(sa.text("SELECT frozen_at FROM unit_score"))
    assert [str(moment)[:19] for moment in moments] == [frozen] * 3
    session.rollback()
    upgrade()


def test_sqlite_is_opened_durably(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("about SQLite")
    with db.engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_endorsements_and_promises_move_to_ledgers_and_back(app: Flask) -> None:
    """What was entered before ledgers were kept stays in force, and what was never approved doesn't come into it."""
    downgrade(revision="0001")
    session = db.session()
    moment = "'2022-05-02 08:00:00'"
    for statement in (
        "INSERT INTO unit (id, name, category, position, active) VALUES (1, '税务局', '政府部门', 1, true)",
        "INSERT INTO account (id, username, display_name, password_hash, role, active, created_at) "
        f"VALUES (1, 'a', 'a', 'x', 'office', true, {moment})",
        "INSERT INTO round (id, quarter, scheme_key, scheme_digest, state) VALUES (1, '2022-Q2', 'x', 'x', 'open')",
        "INSERT INTO endorsement (id, round_id, unit_id, practice, level, source, endorsed_on, entered_by_id, "
        "entered_at, withdrawn_at, withdrawn_reason) "
        f"VALUES (1, 1, 1, '一窗 通办', 'city', '批示件', '2022-05-01', 1, {moment}, NULL, ''), "
        f"(2, 1, 1, '免申即享', 'city', '批示件', '2022-05-01', 1, {moment}, {moment}, '有误')",
        "INSERT INTO broken_promise (id, round_id, unit_id, description, verified_on, entered_by_id, entered_at, "
        f"withdrawn_at, withdrawn_reason) VALUES (1, 1, 1, '补贴未发', '2022-05-01', 1, {moment}, NULL, '')",
    ):
        session.execute(sa.text(statement))
    session.commit()
    upgrade()
    entries = session.query(LedgerEntry).order_by(LedgerEntry.id).all()
    assert [(entry.item, entry.approval, entry.withdrawal_reason) for entry in entries] == [
        ("endorsements", Approval.APPROVED, ""),
        ("endorsements", Approval.APPROVED, "有误"),
        ("broken_promises", Approval.APPROVED, ""),
    ]
    assert [entry.withdrawn_at is None for entry in entries] == [True, False, True]
    assert entries[2].data == {"description": "补贴未发", "verified_on": "2022-05-01"}
    for entry in entries:
        assert keys_of(LEDGERS[entry.kind], entry.data).name == entry.name_key
    entries[2].approval = Approval.WAITING
    session.commit()
    downgrade(revision="0001")
    rows = session.execute(sa.text("SELECT practice, withdrawn_reason FROM endorsement ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [("一窗 通办", ""), ("免申即享", "有误")]
    reasons = session.execute(
        sa.text("SELECT withdrawn_reason FROM broken_promise WHERE withdrawn_at IS NOT NULL")
    )
    assert reasons.scalars().all() == ["未经审核"]
    session.rollback()
    upgrade()


def test_a_reserve_that_was_skipped_before_reasons_had_a_column_keeps_its_reason() -> None:
    downgrade(revision="0009")
    downgrade(revision="-1")
    session = db.session()
    for statement in (
        "INSERT INTO unit (id, name, category, position, active) VALUES (1, '税务局', '政府部门', 1, true)",
        "INSERT INTO round (id, quarter, scheme_key, scheme_digest, state) VALUES (1, '2022-Q1', 'x', 'x', 'open')",
        "INSERT INTO enterprise (id, key, name) VALUES (1, 'uscc:1', '甲')",
        "INSERT INTO frame_import (id, filename, digest, accepted, duplicates, faults, warnings, imported_at) "
        "VALUES (1, 'x', 'x', 1, 0, 0, 0, '2022-01-01 00:00:00')",
        "INSERT INTO frame_entry (id, unit_id, enterprise_id, frame_import_id, contact, phones, matter, updated_at) "
        "VALUES (1, 1, 1, 1, '', '[]', '', '2022-01-01 00:00:00')",
        "INSERT INTO sample (id, round_id, unit_id, instrument, seed, size, frame_size, frame_digest, drawn_at) "
        "VALUES (1, 1, 1, 'satisfaction', 'x', 1, 1, 'x', '2022-01-01 00:00:00')",
        "INSERT INTO sample_entry (id, sample_id, rank, frame_entry_id, enterprise_id, called_in_reason, asked) "
        "VALUES (1, 1, 1, 1, 1, '跳过：本轮的回访已结束', false)",
    ):
        session.execute(sa.text(statement))
    session.commit()
    upgrade(revision="0009")
    row = "SELECT passed_over, called_in_reason, asked_about FROM sample_entry"
    assert session.execute(sa.text(row)).all() == [("ended", "", 0)]
    session.commit()
    downgrade(revision="-1")
    reason = session.scalar(sa.text("SELECT called_in_reason FROM sample_entry"))
    assert reason == "跳过：本轮的回访已结束"
    session.rollback()
    upgrade()
