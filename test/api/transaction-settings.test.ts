import { describe, expect, test } from 'vitest';
import { InvalidDurationError } from '../../src/api/duration.ts';
import { transactionDefaults } from '../../src/api/transaction-settings.ts';

describe('transactionDefaults', () => {
  test('fills in everything that is left open', () => {
    expect(transactionDefaults({ serviceAccountName: 'deployer' })).toEqual({
      serviceAccountName: 'deployer',
      sealed: false,
      lockTimeoutMs: 300_000,
      timeoutMs: 1_800_000,
      onConflict: 'Wait',
      foreignWrites: 'Deny',
      irreversible: 'Allow',
    });
  });

  test('keeps everything that is said', () => {
    const settings = transactionDefaults({
      serviceAccountName: 'deployer',
      sealed: true,
      lockTimeout: '1m30s',
      timeout: '1h',
      description: 'release 7',
      onConflict: 'Fail',
      foreignWrites: 'Delay',
      irreversible: 'Deny',
      health: { timeout: '90s' },
    });
    expect(settings).toEqual({
      serviceAccountName: 'deployer',
      sealed: true,
      lockTimeoutMs: 90_000,
      timeoutMs: 3_600_000,
      description: 'release 7',
      onConflict: 'Fail',
      foreignWrites: 'Delay',
      irreversible: 'Deny',
      health: { timeoutMs: 90_000 },
    });
  });

  test('waits five minutes for health where it is asked for without a timeout', () => {
    expect(transactionDefaults({ serviceAccountName: 'deployer', health: {} }).health).toEqual({ timeoutMs: 300_000 });
  });

  test('refuses a duration that validation would have refused', () => {
    expect(() => transactionDefaults({ serviceAccountName: 'deployer', timeout: 'soon' })).toThrow(InvalidDurationError);
  });
});
