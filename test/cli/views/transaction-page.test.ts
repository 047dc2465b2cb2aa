import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ResourceChange } from '../../../src/api/resource-change.ts';
import type { Transaction } from '../../../src/api/transaction.ts';
import { transactionPage } from '../../../src/cli/views/transaction-page.ts';

const NOW = Date.parse('2026-01-01T00:05:00Z');

const change = (name: string, kind: string, object: string, type: ResourceChange['spec']['type'], order = 0): ResourceChange => ({
  apiVersion: 'tx.janus.io/v1alpha1',
  kind: 'ResourceChange',
  metadata: { name, namespace: 'shop' },
  spec: { type, order, target: { apiVersion: 'v1', kind, name: object } },
});

const CHANGES = [
  change('move-db-settings', 'ConfigMap', 'settings', 'Patch'),
  change('move-db-web', 'Deployment', 'web', 'Patch', 1),
  change('move-db-old', 'Secret', 'old-login', 'Delete', 2),
];

const FAILED: Transaction = {
  apiVersion: 'tx.janus.io/v1alpha1',
  kind: 'Transaction',
  metadata: { name: 'move-db', namespace: 'shop', uid: 'u' },
  spec: { serviceAccountName: 'deployer', sealed: true, description: 'the shop moves to db-2' },
  status: {
    phase: 'Failed',
    version: 9,
    holder: 'alice@example.com',
    startedAt: '2026-01-01T00:00:00Z',
    completedAt: '2026-01-01T00:00:03.200Z',
    itemsTotal: 3,
    itemsCommitted: 1,
    items: [
      {
        name: 'move-db-settings',
        prepared: true,
        committed: true,
        rolledBack: false,
        error: 'conflict: data.host was changed by bob since this transaction wrote it',
      },
      { name: 'move-db-web', prepared: true, committed: true, rolledBack: true },
      { name: 'move-db-old', prepared: true, committed: false, rolledBack: false },
    ],
    conditions: [
      {
        type: 'Failed',
        status: 'True',
        reason: 'TransactionFailed',
        message: 'ConfigMap shop/settings could not be undone',
        lastTransitionTime: '2026-01-01T00:00:03Z',
      },
      {
        type: 'Stalled',
        status: 'True',
        reason: 'RollbackFailed',
        message: 'ConfigMap shop/settings could not be undone',
        lastTransitionTime: '2026-01-01T00:00:03Z',
      },
    ],
  },
};

const page = (transaction: Transaction, width: number, wide = false): string =>
  stripVTControlCharacters(transactionPage({ transaction, changes: CHANGES, now: NOW }, { width, wide, withNext: true }).join('\n'));

describe('the page of a Transaction', () => {
  test('at 80 columns cuts what is wrong with a change, and nothing else', () => {
    expect(page(FAILED, 80)).toBe(`Transaction shop/move-db: Failed
For:      the shop moves to db-2
As:       ServiceAccount deployer, sealed by alice@example.com
Begun:    2026-01-01T00:00:00Z (5m ago)
Took:     3.2s
Changes:  1 of 3 in effect
Failed:   ConfigMap shop/settings could not be undone

STATE    TYPE     OBJECT                    ERROR
failed   Patch    ConfigMap shop/settings   conflict: data.host was changed by…
undone   Patch    Deployment shop/web       -
locked   Delete   Secret shop/old-login     -

Next: "janus recover plan move-db -n shop" shows what is left to undo.`);
  });

  test('at 200 columns has room for everything', () => {
    expect(page(FAILED, 200, true)).toContain(
      'STATE    TYPE     OBJECT                    ORDER   CHANGE             ERROR\n' +
        'failed   Patch    ConfigMap shop/settings   0       move-db-settings   conflict: data.host was changed by bob since this transaction wrote it\n',
    );
  });

  test('fits a window of 40 columns', () => {
    const lines = page(FAILED, 40).split('\n');
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    expect(lines).toContain('OBJECT  ConfigMap shop/settings');
  });

  test('of one that is not sealed says what it would do, and how to start it', () => {
    const { status: _status, ...draft } = FAILED;
    const text = page({ ...draft, spec: { serviceAccountName: 'deployer' } }, 80);
    expect(text).toMatch(/^Transaction shop\/move-db: Unsealed\n/);
    expect(text).toContain('Changes:  0 of 3 in effect');
    expect(text).toContain('waiting   Delete   Secret shop/old-login');
    expect(text).toMatch(/Next: "janus seal move-db -n shop" starts it\.$/);
  });

  test('shows no control characters, wherever they come from', () => {
    const hostile = { ...FAILED, spec: { serviceAccountName: 'x', description: '\u001b]0;owned\u0007\u001b[2J' } };
    expect(
      transactionPage({ transaction: hostile, changes: [], now: NOW }, { width: 80, wide: false, withNext: false }).join('\n'),
    ).toContain('For:      \\e]0;owned\\u0007\\e[2J');
  });
});
