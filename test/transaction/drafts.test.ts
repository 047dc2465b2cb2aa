import { describe, expect, test } from 'vitest';
import { API_VERSION, DRAFT_FOR_ANNOTATION } from '../../src/api/group.ts';
import type { ObjectMeta } from '../../src/api/metadata.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { isStaleDraft } from '../../src/transaction/drafts.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');

const draft = (draftFor: string | undefined, metadata: ObjectMeta = {}, sealed = false): Transaction => ({
  apiVersion: API_VERSION,
  kind: 'Transaction',
  metadata: {
    name: 'draft',
    creationTimestamp: '2026-11-27T11:50:00Z',
    ...(draftFor === undefined ? {} : { annotations: { [DRAFT_FOR_ANNOTATION]: draftFor } }),
    ...metadata,
  },
  spec: { serviceAccountName: 'deployer', sealed },
});

describe('a draft is stale', () => {
  test('when the time is up that it asks for, and not before', () => {
    expect(isStaleDraft(draft('10m'), NOW)).toBe(false);
    expect(isStaleDraft(draft('10m'), NOW + 1)).toBe(true);
  });

  test.each([
    ['does not ask for it', draft(undefined)],
    ['asks in no words of ours', draft('soon')],
    ['is sealed', draft('1s', {}, true)],
    ['is being deleted already', draft('1s', { deletionTimestamp: '2026-11-27T11:59:00Z' })],
    ['does not say since when it is', draft('1s', { creationTimestamp: null })],
  ])('never if it %s', (_what, transaction) => {
    expect(isStaleDraft(transaction, NOW)).toBe(false);
  });
});
