import { describe, expect, test } from 'vitest';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { unlockManagerFor, unlockQuestion } from '../../src/lock/forced-unlock.ts';
import type { RecordLookup } from '../../src/lock/record.ts';
import { locksOf } from '../../src/lock/situation.ts';
import {
  configMap,
  CREATION_LABEL,
  decisionOn,
  foundRecord,
  granted,
  LABEL,
  labelled,
  NOW,
  OTHER_TX,
  outcomeOf,
  recordOf,
  reviewOf,
  TX,
  written,
  type Case,
} from './scenario.ts';

const locked = configMap({ label: LABEL });
const stripped = written(labelled(locked, undefined));
const unreadable = { [TX]: { found: 'unreadable', why: 'its record is damaged' } } as const;

const breaking = (more: Partial<Case> = {}): Case => ({
  before: locked,
  after: stripped,
  fieldManager: unlockManagerFor(TX),
  unlockRight: 'granted',
  ...more,
});

describe('a lock that holds', () => {
  test.each<[string, Case, string]>([
    ['is broken by whoever may and says so', breaking(), 'allow forced-unlock'],
    ['is broken in a dry run', breaking({ dryRun: true }), 'allow forced-unlock'],
    [
      'of an object that the transaction created is broken, too',
      breaking({ before: labelled(locked, CREATION_LABEL), after: stripped }),
      'allow forced-unlock',
    ],
    ['is not broken by whoever may not', breaking({ unlockRight: 'missing' }), 'deny forced-unlock 403'],
    ['is not broken where nobody can tell who may', breaking({ unlockRight: 'unknown' }), 'deny forced-unlock 503'],
    ['is not broken where nobody asked who may', { ...breaking(), unlockRight: undefined } as unknown as Case, 'deny forced-unlock 503'],
    ['is not broken by an edit of a cluster administrator', breaking({ by: 'admin', fieldManager: 'kubectl-edit' }), 'deny held 423'],
    ['is not broken by a write that names no manager', { before: locked, after: stripped, unlockRight: 'granted' }, 'deny held 423'],
    ['is not broken by one that means another transaction', breaking({ fieldManager: unlockManagerFor(OTHER_TX) }), 'deny held 423'],
    ['is not broken by one that means none', breaking({ fieldManager: 'janus-unlock-' }), 'deny held 423'],
    [
      'is not broken together with any other change',
      breaking({ after: written(labelled(locked, undefined), { data: {} }) }),
      'deny forced-unlock 403',
    ],
    ['is not broken together with another label', breaking({ after: written(locked, { meta: { labels: {} } }) }), 'deny forced-unlock 403'],
    ['is not broken by changing the label', breaking({ after: labelled(locked, 'nothing') }), 'deny forced-unlock 403'],
    ['is not broken through a subresource', breaking({ subresource: 'status' }), 'deny forced-unlock 403'],
    ['is not broken by a delete', breaking({ after: undefined }), 'deny held 423'],
    ['is not broken with a grant', breaking({ by: 'executor', grant: granted('apply') }), 'deny grant-apply 403'],
  ])('%s', (_, given, outcome) => {
    expect(outcomeOf(decisionOn(given))).toBe(outcome);
  });

  test.each(['Preparing', 'RollingBack', 'Failed'] as const)('is broken while its transaction is %s', (phase) => {
    expect(outcomeOf(decisionOn(breaking({ lookups: { [TX]: foundRecord(recordOf({ phase })) } })))).toBe('allow forced-unlock');
  });

  test('whose record cannot be read is broken by whoever may break any', () => {
    expect(outcomeOf(decisionOn(breaking({ lookups: unreadable })))).toBe('allow forced-unlock');
    expect(outcomeOf(decisionOn(breaking({ lookups: unreadable, unlockRight: 'missing' })))).toBe('deny forced-unlock 403');
  });

  test('is refused with who may not, which transaction it is, and which right it takes', () => {
    expect(decisionOn(breaking({ unlockRight: 'missing' }))).toMatchObject({
      message:
        'ConfigMap shop/settings: alice may not break the locks of transaction shop/checkout: it takes the verb unlock on transactions.tx.janus.io in namespace shop.',
    });
  });
});

describe('a void label', () => {
  test.each<[string, RecordLookup]>([
    ['of a committed transaction', foundRecord(recordOf({ phase: 'Committed' }))],
    ['without a record', { found: 'absent' }],
  ])('%s needs no right', (_, lookup) => {
    expect(outcomeOf(decisionOn(breaking({ unlockRight: 'missing', lookups: { [TX]: lookup } })))).toBe('allow void-lock');
  });
});

describe('whose right is asked for', () => {
  const question = (given: Case, lookup: RecordLookup = foundRecord(recordOf())) => {
    const review = reviewOf(given);
    const { grant = { state: 'none' } } = given;
    const input = { review, grant, lookups: new Map([[TX, lookup]]), now: NOW, controllers: CLUSTER_CONTROLLERS };
    return unlockQuestion({ ...input, locks: locksOf(review) });
  };

  test("is the sender's, in the namespace of the transaction", () => {
    expect(question(breaking())).toEqual({ namespace: 'shop', name: 'checkout' });
  });

  test('is the right in all namespaces where the record cannot be read', () => {
    expect(question(breaking(), { found: 'unreadable', why: 'x' })).toEqual({});
  });

  test('is nobody’s where nothing is broken', () => {
    expect(question(breaking({ fieldManager: 'kubectl-edit' }))).toBeUndefined();
    expect(question(breaking({ after: written(labelled(locked, undefined), { data: {} }) }))).toBeUndefined();
    expect(question(breaking(), { found: 'absent' })).toBeUndefined();
    expect(question(breaking(), foundRecord(recordOf({ phase: 'RolledBack' })))).toBeUndefined();
    expect(question(breaking({ by: 'executor', grant: granted('unlock') }))).toBeUndefined();
  });
});
