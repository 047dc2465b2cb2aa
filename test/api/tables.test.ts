import { describe, expect, test } from 'vitest';
import { CONDITIONS, conditionSchema } from '../../src/api/conditions.ts';
import { ERRORS, explain, JanusError } from '../../src/api/errors.ts';
import type { ErrorCode } from '../../src/api/errors.ts';
import { EVENT_ROWS } from '../../src/api/events.ts';
import { conditionsPage, errorsPage, eventsPage } from '../../src/api/reference-tables.ts';

const CAMEL_CASE = /^[A-Z][A-Za-z]{0,127}$/;
const codes = Object.keys(ERRORS) as ErrorCode[];

describe('the conditions', () => {
  test('are these, each once', () => {
    expect(CONDITIONS.map(({ type }) => type)).toEqual([
      'Prepared',
      'Committed',
      'RolledBack',
      'Failed',
      'Exact',
      'Ready',
      'Reconciling',
      'Stalled',
    ]);
  });

  test('keep the reasons that existing scripts know', () => {
    const reasons = Object.fromEntries(CONDITIONS.map(({ type, reasons: [first] }) => [type, first.reason]));
    expect(reasons).toMatchObject({
      Prepared: 'AllItemsPrepared',
      Committed: 'AllItemsCommitted',
      RolledBack: 'RollbackComplete',
      Failed: 'TransactionFailed',
    });
  });

  test.each(CONDITIONS.map((row) => [row.type, row] as const))('%s has reasons that the schema accepts, each once', (type, { reasons }) => {
    for (const { reason, status } of reasons) {
      const condition = { type, status, reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
      expect(conditionSchema.safeParse(condition).success).toBe(true);
    }
    expect(new Set(reasons.map(({ reason }) => reason)).size).toBe(reasons.length);
  });

  test.each(CONDITIONS.filter(({ polarity }) => polarity === 'negative'))(
    '$type, being negative, is never False: it goes',
    ({ reasons }) => {
      for (const { status } of reasons) expect(status).toBe('True');
    },
  );

  test('all stand in the reference, with every reason', () => {
    const page = conditionsPage();
    for (const { type, set, reasons } of CONDITIONS) {
      expect(page).toContain(`## ${type}\n`);
      expect(page).toContain(set);
      for (const { reason, meaning } of reasons) expect(page).toContain(`| \`${reason}\` | ${meaning} |`);
    }
  });
});

describe('the events', () => {
  test('have reasons of one CamelCase word, each once', () => {
    for (const { reason } of EVENT_ROWS) expect(reason).toMatch(CAMEL_CASE);
    expect(new Set(EVENT_ROWS.map(({ reason }) => reason)).size).toBe(EVENT_ROWS.length);
  });

  test('keep the reasons that existing scripts know', () => {
    const known =
      'Initializing PhaseTransition ItemCommitted ItemRolledBack LockFailed LockRenewalFailed ConflictDetected CommitFailed Timeout RequestRollback RetryRollback RecoveryInitiated RecoveryBlocked RollbackConflict RollbackFailed RollbackPartial ProtectedState DeletionRollback';
    expect(EVENT_ROWS.map(({ reason }) => reason)).toEqual(expect.arrayContaining(known.split(' ')));
  });

  test('all stand in the reference', () => {
    const page = eventsPage();
    for (const { reason, meaning } of EVENT_ROWS)
      expect(page).toMatch(new RegExp(`\\| \`${reason}\` \\| (Normal|Warning).*\\| ${meaning.replaceAll('.', '\\.')} \\|`));
  });
});

describe('the errors', () => {
  test.each(codes)('%s says what happened, then what to do', (code) => {
    const { message, status, reason } = explain(code, ERRORS[code].example);
    expect(message).toMatch(/^[^\s.].*\w.*\. \S.*$/);
    expect(message).not.toMatch(/undefined|\[object|NaN|\.\.|\s{2}/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(reason).toMatch(CAMEL_CASE);
    expect(code).toMatch(CAMEL_CASE);
  });

  test.each(codes)('%s uses every parameter it takes', (code) => {
    const { example } = ERRORS[code];
    const { message } = explain(code, example);
    for (const value of Object.values(example)) {
      const text = String(value);
      expect(message.includes(text) || text.split('/').every((part) => message.includes(part))).toBe(true);
    }
  });

  test('a lock is 423 when it denies and 429 when it delays', () => {
    expect(explain('Locked', ERRORS.Locked.example)).toMatchObject({ status: 423, reason: 'Locked' });
    expect(explain('LockedDelay', ERRORS.LockedDelay.example)).toMatchObject({ status: 429, reason: 'TooManyRequests' });
  });

  test('a denial names object, transaction, holder, progress, since when, and what to do', () => {
    expect(explain('Locked', ERRORS.Locked.example).message).toBe(
      'ConfigMap shop/settings is locked by Transaction shop/release of alice since 2026-01-01T12:00:00Z (2 of 5 changes applied). Try again when it has ended: kubectl get transaction release -n shop -w',
    );
  });

  test('can be thrown', () => {
    const error = new JanusError(explain('NoChanges', { transaction: 'shop/release' }));
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe(error.explained.message);
  });

  test('all stand in the reference', () => {
    const page = errorsPage();
    for (const code of codes) expect(page).toContain(`| \`${code}\` | ${ERRORS[code].status} |`);
  });
});
