import { describe, expect, test } from 'vitest';
import { COPIED_RESOURCES, LOCK_OBJECT_SELECTOR, lockMatchConditions } from '../../src/lock/match-condition.ts';

describe('the match condition', () => {
  test('is one expression, since the API server joins several by "and"', () => {
    expect(lockMatchConditions()).toHaveLength(1);
  });

  test('leaves out the creation labels of further resources that are given', () => {
    const [condition] = lockMatchConditions([...COPIED_RESOURCES, { group: 'example.com', resource: 'mirrors' }]);
    expect(condition?.expression).toContain("request.resource.group == 'example.com' && request.resource.resource == 'mirrors'");
  });

  test('leaves out none where none are given', () => {
    expect(lockMatchConditions([])[0]?.expression).not.toContain('request.resource.group');
  });

  test.each(["x' || true || '", 'A', 'a b', 'a\\', 'a\n'])('refuses a resource that could end the literal: %j', (resource) => {
    expect(() => lockMatchConditions([{ group: '', resource }])).toThrow(RangeError);
  });

  test('is asked only for objects that carry the label', () => {
    expect(LOCK_OBJECT_SELECTOR).toEqual({ matchExpressions: [{ key: 'tx.janus.io/lock', operator: 'Exists' }] });
  });
});
