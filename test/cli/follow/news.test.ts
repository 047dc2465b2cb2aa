import { describe, expect, test } from 'vitest';
import type { Transaction, TransactionStatus } from '../../../src/api/transaction.ts';
import { deletedNews, endNews, newsBetween } from '../../../src/cli/follow/news.ts';
import { STREAM_SCHEMA } from '../../../src/cli/follow/stream-schema.ts';

const NOW = Date.parse('2026-01-01T00:00:05Z');
const AT = '2026-01-01T00:00:05.000Z';
const OBJECTS = new Map([['move-db-one', 'ConfigMap shop/one']]);

function transaction(status?: Partial<TransactionStatus>): Transaction {
  return {
    apiVersion: 'tx.janus.io/v1alpha1',
    kind: 'Transaction',
    metadata: { name: 'move-db', namespace: 'shop', uid: 'u' },
    ...(status === undefined ? {} : { status: { version: 1, ...status } }),
  };
}

const item = (name: string, more: object = {}) => ({ name, prepared: false, committed: false, rolledBack: false, ...more });
const briefly = (before: Transaction | undefined, after: Transaction): unknown[] =>
  newsBetween(before, after, OBJECTS, NOW).map(({ schema: _schema, transaction: _transaction, ...rest }) => rest);

describe('the news of a Transaction', () => {
  test('of one seen for the first time is all there is to say', () => {
    expect(
      briefly(
        undefined,
        transaction({
          phase: 'Committing',
          itemsTotal: 2,
          itemsCommitted: 1,
          items: [item('move-db-one', { prepared: true, committed: true }), item('other')],
        }),
      ),
    ).toEqual([
      { type: 'phase', time: AT, phase: 'Committing', itemsTotal: 2, itemsCommitted: 1 },
      { type: 'change', time: AT, change: 'move-db-one', state: 'applied', object: 'ConfigMap shop/one' },
    ]);
  });

  test('is what has changed, and nothing else', () => {
    const before = transaction({ phase: 'Prepared', items: [item('move-db-one', { prepared: true }), item('other', { prepared: true })] });
    const after = transaction({
      phase: 'RollingBack',
      items: [
        item('move-db-one', { prepared: true, committed: true, rolledBack: true }),
        item('other', { prepared: true, error: 'refused' }),
      ],
      conditions: [{ type: 'Stalled', status: 'True', reason: 'RolledBack', message: 'm', lastTransitionTime: '2026-01-01T00:00:01Z' }],
    });
    expect(briefly(before, after)).toEqual([
      { type: 'phase', time: AT, phase: 'RollingBack', from: 'Prepared' },
      { type: 'change', time: AT, change: 'move-db-one', state: 'undone', object: 'ConfigMap shop/one' },
      { type: 'change', time: AT, change: 'other', state: 'failed', error: 'refused' },
      { type: 'condition', time: '2026-01-01T00:00:01Z', condition: 'Stalled', status: 'True', reason: 'RolledBack', message: 'm' },
    ]);
    expect(briefly(after, after)).toEqual([]);
  });

  test('of one without a status is that it is Pending', () => {
    expect(briefly(undefined, transaction())).toEqual([{ type: 'phase', time: AT, phase: 'Pending' }]);
  });

  test('ends with the code that the command ends with', () => {
    expect(endNews(transaction({ phase: 'Committing' }), NOW)).toBeUndefined();
    expect(endNews(transaction({ phase: 'RolledBack', completedAt: '2026-01-01T00:00:02Z' }), NOW)).toMatchObject({
      type: 'end',
      time: '2026-01-01T00:00:02Z',
      phase: 'RolledBack',
      exitCode: 3,
    });
  });

  test('is of the form that is documented', () => {
    const end = endNews(transaction({ phase: 'Failed' }), NOW);
    const lines = [
      ...newsBetween(undefined, transaction({ phase: 'Failed', items: [item('a', { error: 'e' })] }), OBJECTS, NOW),
      end,
      deletedNews(transaction(), NOW),
    ];
    for (const line of lines) expect(STREAM_SCHEMA.parse(line)).toEqual(line);
  });
});
