"""Rectification tasks and their events."""

import sqlalchemy as sa
from alembic import op

import survey_app.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('rectification_task',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('instrument', sa.String(length=30).with_variant(sa.String(length=30, collation='C'), 'postgresql'), nullable=False),
    sa.Column('reason', sa.String(length=50).with_variant(sa.String(length=50, collation='C'), 'postgresql'), nullable=False),
    sa.Column('reason_zh', sa.Text(), nullable=False),
    sa.Column('reason_en', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('issued', 'replied', 'returned', 'closed', name='taskstate', native_enum=False, length=10), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_rectification_task_round_id_round')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_rectification_task_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_task')),
    sa.UniqueConstraint('round_id', 'unit_id', 'instrument', 'reason', name=op.f('uq_rectification_task_round_id_unit_id_instrument_reason'))
    )
    with op.batch_alter_table('rectification_task', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rectification_task_unit_id'), ['unit_id'], unique=False)

    op.create_table('rectification_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('task_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('move', sa.Enum('issue', 'reply', 'confirm', 'return', name='move', native_enum=False, length=10), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('call_back', sa.Enum('satisfied', 'not_satisfied', 'not_reached', 'not_called', name='callback', native_enum=False, length=20), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', survey_app.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['account.id'], name=op.f('fk_rectification_event_by_id_account')),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_event_task_id_rectification_task')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_event')),
    sa.UniqueConstraint('task_id', 'number', name=op.f('uq_rectification_event_task_id_number'))
    )


def downgrade() -> None:
    op.drop_table('rectification_event')
    with op.batch_alter_table('rectification_task', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rectification_task_unit_id'))

    op.drop_table('rectification_task')
