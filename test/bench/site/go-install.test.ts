import { describe, expect, test } from 'vitest';
import { complaint } from '../../../bench/site/go-install.ts';

describe('complaint', () => {
  test('is what went wrong, without the downloads before it', () => {
    const output = 'go: downloading example.org/a v1.0.0\ngo: example.org/b@v1: reading it:\n\t403 Forbidden\n';
    expect(complaint(output)).toBe('go: example.org/b@v1: reading it: 403 Forbidden');
  });

  test('of nothing is empty', () => {
    expect(complaint('')).toBe('');
  });
});
