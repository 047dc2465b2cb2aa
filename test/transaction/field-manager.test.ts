import { describe, expect, test } from 'vitest';
import { fieldManagerOf, LOCK_MANAGER, managersOf } from '../../src/transaction/field-manager.ts';

const uid = '98aecb14-d10f-4e28-a998-14bb5f24d9bd';

describe('the field manager of a change', () => {
  test('names the transaction, its uid and the change', () => {
    expect(fieldManagerOf({ name: 'move-db', uid }, 3)).toBe('janus-move-db-98aecb14-3');
  });

  test('has at most 128 bytes, whatever the name', () => {
    const long = fieldManagerOf({ name: 'x'.repeat(253), uid }, 4999);
    expect(Buffer.byteLength(long)).toBe(128);
    expect(long.endsWith('-98aecb14-4999')).toBe(true);
  });

  test('is told from everybody else’s, and from that of another transaction of the same name', () => {
    const ours = managersOf({ uid });
    expect([LOCK_MANAGER, fieldManagerOf({ name: 'x'.repeat(253), uid }, 0), fieldManagerOf({ name: 'a', uid }, 12)].map(ours)).toEqual([
      true,
      true,
      true,
    ]);
    const other = fieldManagerOf({ name: 'a', uid: '11111111-d10f-4e28-a998-14bb5f24d9bd' }, 0);
    expect(['kubectl', 'janus', 'janus-98aecb14', other].map(ours)).toEqual([false, false, false, false]);
  });
});
