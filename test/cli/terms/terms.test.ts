import { describe, expect, test } from 'vitest';
import { termsCalled } from '../../../src/cli/terms/explain-term.ts';
import { allTerms } from '../../../src/cli/terms/terms.ts';

const kindsOf = (word: string): readonly string[] => termsCalled(word, allTerms()).map(({ kind }) => kind);

describe('a word', () => {
  test.each([
    ['Stalled', ['condition']],
    ['stalled', ['condition']],
    ['LockWaiting', ['reason of Reconciling=True', 'reason of an Event (Normal)']],
    ['NameReserved', ['error (423 Locked)']],
    ['fencing', ['term']],
    ['transaction.spec.timeout', ['field (string)']],
    ['lockTimeout', ['error (504 Timeout)', 'field (string)']],
    ['exit 3', ['exit code']],
    ['ResourceChange', ['resource resourcechanges.tx.janus.io']],
  ])('%s is explained as %j', (word, kinds) => expect(kindsOf(word)).toEqual(kinds));

  test('is found by its beginning', () => expect(termsCalled('before', allTerms()).map(({ term }) => term)).toEqual(['before-image']));

  test('that there is not is not made up', () => expect(termsCalled('quux', allTerms())).toEqual([]));

  test('is never without a meaning', () => {
    expect(allTerms().filter(({ meaning, term }) => meaning.trim() === '' || term === '')).toEqual([]);
  });
});
