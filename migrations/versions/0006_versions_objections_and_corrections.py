"""Versions of a round's result, objections to them and corrections; frozen rounds get their version."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = survey_app.db.UtcDateTime(timezone=True)
FROZEN_RESULT = 'fk_unit_score_round_id_result_version'

round_ = sa.table(
    'round',
    sa.column('id', sa.Integer()),
    sa.column('quarter', sa.String()),
    sa.column('scheme_key', sa.String()),
    sa.column('state', sa.String()),
    sa.column('published_at', MOMENT),
)
unit_score = sa.table(
    'unit_score',
    sa.column('id', sa.Integer()),
    sa.column('round_id', sa.Integer()),
    sa.column('version', sa.Integer()),
    sa.column('data', sa.JSON()),
    sa.column('digest', sa.String()),
    sa.column('frozen_at', MOMENT),
)
result_version = sa.table(
    'result_version',
    sa.column('round_id', sa.Integer()),
    sa.column('version', sa.Integer()),
    sa.column('digest', sa.String()),
    sa.column('dossier', sa.JSON()),
    sa.column('reason', sa.Text()),
    sa.column('frozen_at', MOMENT),
    sa.column('published_at', MOMENT),
)


def upgrade() -> None:
    op.create_table('result_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('dossier', sa.JSON(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('frozen_at', MOMENT, nullable=False),
    sa.Column('frozen_by_id', sa.Integer(), nullable=True),
    sa.Column('published_at', MOMENT, nullable=True),
    sa.Column('published_by_id', sa.Integer(), nullable=True),
    sa.Column('objections_until', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['frozen_by_id'], ['account.id'], name=op.f('fk_result_version_frozen_by_id_account')),
    sa.ForeignKeyConstraint(['published_by_id'], ['account.id'], name=op.f('fk_result_version_published_by_id_account')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_result_version_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_result_version')),
    sa.UniqueConstraint('round_id', 'version', name=op.f('uq_result_version_round_id_version'))
    )
    _add_versions()
    with op.batch_alter_table('unit_score', schema=None) as batch_op:
        batch_op.drop_column('frozen_at')
        batch_op.create_foreign_key(
            FROZEN_RESULT, 'result_version', ['round_id', 'version'], ['round_id', 'version']
        )
    op.create_table('correction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('ended_at', MOMENT, nullable=True),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.Column('led_to', sa.Integer(), nullable=True),
    *_approval_columns(),
    *_approval_keys('correction'),
    sa.ForeignKeyConstraint(['ended_by_id'], ['account.id'], name=op.f('fk_correction_ended_by_id_account')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_correction_round_id_round')),
    sa.ForeignKeyConstraint(['round_id', 'version'], ['result_version.round_id', 'result_version.version'], name=op.f('fk_correction_round_id_result_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_correction')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_correction_round_id_number'))
    )
    op.create_table('objection',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('item', sa.String(length=50), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('submitted_by_id', sa.Integer(), nullable=False),
    sa.Column('submitted_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_objection_round_id_round')),
    sa.ForeignKeyConstraint(['round_id', 'version'], ['result_version.round_id', 'result_version.version'], name=op.f('fk_objection_round_id_result_version')),
    sa.ForeignKeyConstraint(['submitted_by_id'], ['account.id'], name=op.f('fk_objection_submitted_by_id_account')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_objection_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objection')),
    sa.UniqueConstraint('round_id', 'unit_id', 'version', 'item', name=op.f('uq_objection_round_id_unit_id_version_item'))
    )
    op.create_table('objection_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('objection_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('upheld', sa.Boolean(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    *_approval_columns(),
    *_approval_keys('objection_answer'),
    sa.ForeignKeyConstraint(['objection_id'], ['objection.id'], name=op.f('fk_objection_answer_objection_id_objection')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objection_answer')),
    sa.UniqueConstraint('objection_id', 'number', name=op.f('uq_objection_answer_objection_id_number'))
    )


def downgrade() -> None:
    op.drop_table('objection_answer')
    op.drop_table('objection')
    op.drop_table('correction')
    with op.batch_alter_table('unit_score', schema=None) as batch_op:
        batch_op.drop_constraint(FROZEN_RESULT, type_='foreignkey')
        batch_op.add_column(sa.Column('frozen_at', MOMENT, nullable=True))
    bind = op.get_bind()
    for version in bind.execute(sa.select(result_version)).mappings().all():
        bind.execute(
            unit_score.update()
            .where(unit_score.c.round_id == version['round_id'], unit_score.c.version == version['version'])
            .values(frozen_at=version['frozen_at'])
        )
    with op.batch_alter_table('unit_score', schema=None) as batch_op:
        batch_op.alter_column('frozen_at', existing_type=MOMENT, nullable=False)
    for seen, state in (
        (round_.c.published_at.is_not(None), 'published'),
        (round_.c.published_at.is_(None), 'finalised'),
    ):
        bind.execute(round_.update().where(round_.c.state == 'correcting', seen).values(state=state))
    op.drop_table('result_version')


def _approval_columns() -> list[sa.Column]:
    return [
        sa.Column('approval', sa.Enum('waiting', 'approved', 'returned', name='approval', native_enum=False, length=10), nullable=False),
        sa.Column('entered_at', MOMENT, nullable=False),
        sa.Column('entered_by_id', sa.Integer(), nullable=False),
        sa.Column('decided_at', MOMENT, nullable=True),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('decision_reason', sa.Text(), nullable=False),
    ]


def _approval_keys(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], ['account.id'], name=op.f(f'fk_{table}_{column}_account'))
        for column in ('entered_by_id', 'decided_by_id')
    ]


def _add_versions() -> None:
    """Make the version of every result that is frozen already.

    Its dossier is the bundle, and its digest the bundle's: the one that its documents were printed with. Who
    finalised and who published it was not kept.
    """
    bind = op.get_bind()
    rounds = {row['id']: row for row in bind.execute(sa.select(round_)).mappings()}
    found: dict[tuple[int, int], list[sa.RowMapping]] = {}
    for row in bind.execute(sa.select(unit_score).order_by(unit_score.c.id)).mappings():
        found.setdefault((row['round_id'], row['version']), []).append(row)
    newest = {round_id: version for round_id, version in sorted(found)}
    for (round_id, version), rows in found.items():
        of_round = rounds[round_id]
        bind.execute(
            result_version.insert().values(
                round_id=round_id,
                version=version,
                digest=rows[0]['digest'],
                dossier={
                    'scheme': of_round['scheme_key'],
                    'round': of_round['quarter'],
                    'units': [row['data'] for row in rows],
                },
                reason='',
                frozen_at=rows[0]['frozen_at'],
                published_at=of_round['published_at'] if newest[round_id] == version else None,
            )
        )
