import { describe, expect, test } from 'vitest';
import { parseWarnings } from '../../src/kube/warnings.ts';

const asHeader = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('parseWarnings', () => {
  test('reads the text of a warning', () => {
    expect(parseWarnings('299 - "unknown field \\"spec.replicaz\\""')).toEqual(['unknown field "spec.replicaz"']);
  });

  test('reads several, repeated or in one line', () => {
    expect(parseWarnings(['299 - "a"', '299 - "b", 299 kube "c"'])).toEqual(['a', 'b', 'c']);
  });

  test('gives none where there is no header, or nothing in it that is a warning', () => {
    expect([undefined, '', 'nonsense', '299 - unquoted', '299 "no agent"'].flatMap(parseWarnings)).toEqual([]);
  });

  test('reads text that is not ASCII', () => {
    expect(parseWarnings(asHeader('299 - "schlüssel ✓"'))).toEqual(['schlüssel ✓']);
  });

  test('shows no credential', () => {
    expect(parseWarnings(`299 - "Bearer ${'s'.repeat(30)}"`)).toEqual(['Bearer [redacted]']);
  });
});
