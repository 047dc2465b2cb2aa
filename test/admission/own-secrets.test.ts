import { describe, expect, test } from 'vitest';
import { validateOwnSecrets } from '../../src/admission/own-secrets.ts';
import type { ReviewedObject } from '../../src/admission/review.ts';
import type { Verdict } from '../../src/admission/verdict.ts';
import type { RecordLookup } from '../../src/lock/record.ts';
import { foundRecord, recordOf, TX } from '../lock/scenario.ts';
import { ALICE, reviewRequest } from './reviews.ts';

const OWN = 'system:serviceaccount:janus-system:janus';
const RECORD = { type: 'tx.janus.io/record', metadata: { name: `tx-${TX}`, labels: { 'tx.janus.io/record-of': TX } } };
const IMAGES = { type: 'tx.janus.io/before-images', metadata: { name: `tx-${TX}-1-0-0`, labels: { 'tx.janus.io/record-of': TX } } };
const KEYS = { type: 'tx.janus.io/grant-keys', metadata: { name: 'janus-grant-keys' } };
const DAMAGED = { ...RECORD, damaged: true };

async function verdictOn(
  objects: { readonly object?: ReviewedObject; readonly oldObject?: ReviewedObject },
  { user = ALICE.username, lookup = foundRecord(recordOf()) }: { user?: string; lookup?: RecordLookup } = {},
): Promise<Verdict> {
  const operation = objects.oldObject === undefined ? 'CREATE' : objects.object === undefined ? 'DELETE' : 'UPDATE';
  const handler = validateOwnSecrets({
    ownUsername: OWN,
    parse: (secret) => {
      if (secret['type'] !== RECORD.type || secret['damaged'] === true) throw new Error('not a record');
      return recordOf();
    },
    lookup: () => Promise.resolve(lookup),
  });
  return handler(reviewRequest({ group: '', resource: 'secrets', operation, user: { ...ALICE, username: user }, ...objects }));
}

describe('what Janus keeps', () => {
  test.each([RECORD, IMAGES, KEYS])('is made and changed by Janus alone: $type', async (secret) => {
    for (const objects of [{ object: secret }, { object: secret, oldObject: secret }]) {
      expect(await verdictOn(objects)).toMatchObject({ allowed: false, rule: 'janus-only', status: { code: 403 } });
      expect(await verdictOn(objects, { user: OWN })).toMatchObject({ allowed: true, rule: 'own' });
    }
  });

  test('is deleted by nobody else while a record is there, open or not', async () => {
    for (const phase of ['Committing', 'Committed'] as const)
      for (const oldObject of [RECORD, IMAGES])
        expect(await verdictOn({ oldObject }, { lookup: foundRecord(recordOf({ phase })) })).toMatchObject({ rule: 'janus-only' });
  });

  test('may be deleted by a person where Janus can make nothing of it: a damaged record, and images without one', async () => {
    expect(await verdictOn({ oldObject: DAMAGED })).toMatchObject({ rule: 'useless' });
    expect(await verdictOn({ oldObject: IMAGES }, { lookup: { found: 'absent' } })).toMatchObject({ rule: 'useless' });
    expect(await verdictOn({ oldObject: IMAGES }, { lookup: { found: 'unreadable', why: 'it is dark' } })).toMatchObject({
      rule: 'janus-only',
    });
    expect(await verdictOn({ object: DAMAGED, oldObject: DAMAGED })).toMatchObject({ rule: 'janus-only' });
  });

  test('may be deleted by a person where it is the keys of grants: new ones are made', async () => {
    expect(await verdictOn({ oldObject: KEYS })).toMatchObject({ rule: 'useless' });
  });
});
