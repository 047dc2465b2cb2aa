import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/object.ts';
import { GRANT_ACTIONS } from '../../src/lock/grant-claims.ts';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { decide } from '../../src/lock/decision.ts';
import type { GrantState } from '../../src/lock/grant-verifier.ts';
import { creationLabelFor, LOCK_LABEL, lockLabelFor } from '../../src/lock/label.ts';
import { lookupsNeeded } from '../../src/lock/lookups.ts';
import type { LockRecord, RecordLookup, RecordPhase } from '../../src/lock/record.ts';
import { unlockManagerFor } from '../../src/lock/forced-unlock.ts';
import type { UnlockRight } from '../../src/lock/situation.ts';
import { RULES } from '../../src/lock/rules/index.ts';
import { describeRules } from '../../src/lock/describe-rules.ts';
import {
  ATTEMPT,
  configMap,
  CREATION_LABEL,
  foundRecord,
  granted,
  LABEL,
  NOW,
  OTHER_TX,
  otherRecord,
  recordOf,
  reviewOf,
  TX,
  UID,
  USERS,
} from './scenario.ts';

const PHASES: readonly RecordPhase[] = ['Preparing', 'Committing', 'Committed', 'RollingBack', 'RolledBack', 'Failed'];
const values = fc.constantFrom('1', '2', '3');
const labels = fc.constantFrom(
  undefined,
  LABEL,
  LABEL,
  CREATION_LABEL,
  'nothing',
  lockLabelFor(TX, ATTEMPT - 1, UID),
  lockLabelFor(OTHER_TX, 1, UID),
  lockLabelFor(TX, ATTEMPT, 'aaaaaaaa'),
  creationLabelFor(OTHER_TX, 1, { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings' }),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const objects: fc.Arbitrary<KubeObject> = fc
  .record({
    data: fc.dictionary(fc.constantFrom('a', 'b', 'c'), values),
    label: labels,
    meta: fc.record({
      annotations: maybe(fc.dictionary(fc.constantFrom('x', 'deployment.kubernetes.io/revision'), values)),
      finalizers: maybe(fc.subarray(['p', 'q'])),
      deletionTimestamp: maybe(fc.constant('2026-01-01T00:00:00Z')),
      ownerReferences: maybe(fc.constant([{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }])),
    }),
    status: values,
  })
  .map(({ status, ...parts }) => ({ ...configMap(parts), status: { phase: status } }));

/** One thing changed: independent objects hardly ever differ in so little. */
const touched = fc
  .tuple(
    objects,
    fc.constantFrom<(object: KubeObject) => KubeObject>(
      (object) => ({ ...object, status: { phase: 'new' } }),
      (object) => ({
        ...object,
        status: { phase: 'new' },
        metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, note: 'new' } },
      }),
      (object) => ({ ...object, metadata: { ...object.metadata, finalizers: [] } }),
      (object) => ({ ...object, data: { ...(object['data'] as object), c: 'new' } }),
      (object) => ({ ...object, metadata: { ...object.metadata, labels: { app: 'shop' } } }),
    ),
  )
  .map(([before, change]): [KubeObject, KubeObject] => [before, change(before)]);

const fieldSets = fc.constantFrom(
  { 'f:data': { 'f:a': {} } },
  { 'f:data': { 'f:a': {}, 'f:b': {} } },
  { 'f:metadata': { 'f:annotations': { 'f:x': {} } } },
  {},
);
const records: fc.Arbitrary<LockRecord> = fc
  .record({
    phase: fc.constantFrom(...PHASES),
    attempt: fc.constantFrom(ATTEMPT, ATTEMPT, ATTEMPT - 1, ATTEMPT + 1),
    foreignWrites: fc.constantFrom('Deny' as const, 'Delay' as const),
    type: fc.constantFrom('Create' as const, 'Update' as const, 'Patch' as const, 'Delete' as const),
    fields: maybe(fieldSets),
  })
  .map(({ phase, attempt, foreignWrites, type, fields }) =>
    recordOf(
      { phase, attempt, foreignWrites },
      {
        changes: [{ name: 'c', type, order: 0 }],
        scope: fields === undefined ? 'object' : 'fields',
        ...(fields === undefined ? {} : { fields }),
      },
    ),
  );
const lookups: fc.Arbitrary<RecordLookup> = fc.oneof(
  { arbitrary: records.map(foundRecord), weight: 6 },
  { arbitrary: fc.constantFrom<RecordLookup>({ found: 'absent' }, { found: 'unreadable', why: 'timeout' }), weight: 1 },
);
const grants: fc.Arbitrary<GrantState> = fc.oneof(
  fc.constantFrom<GrantState>({ state: 'none' }, granted('lock')),
  fc.constant<GrantState>({ state: 'faulty', fault: 'expired', words: 'it has expired' }),
  fc
    .tuple(fc.constantFrom(...GRANT_ACTIONS), fc.constantFrom(ATTEMPT, ATTEMPT, ATTEMPT + 1), fc.boolean())
    .map(([action, attempt, uid]) => granted(action, { attempt }, uid ? {} : 'no-uid')),
);
const writes = fc.record({
  by: fc.constantFrom(...(Object.keys(USERS) as (keyof typeof USERS)[])),
  subresource: fc.constantFrom('', '', '', '', '', '', 'status', 'status', 'binding'),
  dryRun: fc.boolean(),
  fieldManager: fc.constantFrom('kubectl-edit', unlockManagerFor(TX), unlockManagerFor(OTHER_TX)),
  objects: fc.oneof(
    fc.tuple(objects, objects),
    touched,
    touched,
    fc.tuple(objects, fc.constant(undefined)),
    fc.tuple(fc.constant(undefined), objects),
    objects.map((same): [KubeObject, KubeObject] => [same, same]),
  ),
});
const situations = fc
  .record({
    write: writes,
    grant: grants,
    own: lookups,
    unlockRight: fc.constantFrom<UnlockRight>('granted', 'missing', 'unknown'),
    other: fc.constantFrom<RecordLookup>(foundRecord(otherRecord()), foundRecord(otherRecord({ phase: 'Committed' })), { found: 'absent' }),
  })
  .map(
    ({
      write: {
        objects: [before, after],
        ...write
      },
      grant,
      own,
      other,
      unlockRight,
    }) => {
      const review = reviewOf({ ...write, before, after });
      return {
        review,
        grant,
        lookups: new Map([
          [TX, own],
          [OTHER_TX, other],
        ]),
        now: NOW,
        controllers: CLUSTER_CONTROLLERS,
        unlockRight,
      };
    },
  );

// Not through touchedFields: the property is about it as well.
function lockedValues(object: KubeObject, fields: object): unknown {
  const read = (node: object, value: unknown): unknown =>
    Object.keys(node).length === 0
      ? value
      : Object.fromEntries(
          Object.entries(node).map(([step, child]) => [
            step,
            read(child as object, (value as Record<string, unknown> | undefined)?.[step.slice(2)]),
          ]),
        );
  return Object.keys(fields).length === 0 ? {} : read(fields, object);
}

describe('whatever comes', () => {
  test('the answer is a decision of a known rule, and it never throws', () => {
    const names = [...RULES.map((rule) => rule.name)];
    fc.assert(
      fc.property(situations, (input) => {
        expect(names).toContain(decide(input).rule);
      }),
      { numRuns: 3000 },
    );
  });

  test('each rule answers some time', () => {
    const seen = new Set(fc.sample(situations, { numRuns: 6000, seed: 1 }).map((input) => decide(input).rule));
    expect(RULES.map((rule) => rule.name).filter((name) => !seen.has(name))).toEqual([]);
  });

  test('garbage is denied or answered by a rule', () => {
    fc.assert(
      fc.property(fc.anything(), (review) => {
        const input = { review, grant: { state: 'none' }, lookups: new Map(), now: NOW, controllers: CLUSTER_CONTROLLERS };
        expect(['exception', 'not-locked']).toContain(decide(input as never).rule);
      }),
    );
  });

  test('the records that are asked for suffice', () => {
    fc.assert(
      fc.property(situations, (input) => {
        const needed = lookupsNeeded(input.review, input.grant);
        const few = new Map([...input.lookups].filter(([uid]) => needed.includes(uid)));
        const [all, decision] = [decide(input), decide({ ...input, lookups: few })];
        // With a record at hand that was not asked for, the bearer of a grant is checked once more.
        if (input.grant.state === 'verified' && all.rule === 'grant-bound') return;
        expect(decision).toEqual(all);
      }),
      { numRuns: 3000 },
    );
  });

  test('the input is left as it was', () => {
    fc.assert(
      fc.property(situations, (input) => {
        const before = JSON.stringify([input.review, [...input.lookups]]);
        decide(input);
        expect(JSON.stringify([input.review, [...input.lookups]])).toBe(before);
      }),
    );
  });
});

describe('a stranger, whoever it is', () => {
  const strange = situations.map((input) => ({ ...input, grant: { state: 'none' }, unlockRight: 'missing' }) as const);
  const heldBy = (input: {
    review: { oldObject?: KubeObject | undefined };
    lookups: Map<string, RecordLookup>;
  }): LockRecord | undefined => {
    const label = input.review.oldObject?.metadata.labels?.[LOCK_LABEL];
    const lookup = input.lookups.get(TX);
    if (label !== LABEL && label !== CREATION_LABEL) return undefined;
    return lookup?.found === 'record' && !['Committed', 'RolledBack'].includes(lookup.record.phase) ? lookup.record : undefined;
  };

  test('never changes a locked field or takes off a lock that holds', () => {
    fc.assert(
      fc.property(strange, (input) => {
        const record = heldBy(input);
        const { review } = input;
        if (record === undefined || review.operation !== 'UPDATE' || !decide(input).allow) return;
        expect(review.object.metadata.labels?.[LOCK_LABEL]).toBe(review.oldObject.metadata.labels?.[LOCK_LABEL]);
        const fields = record.targets[0]?.fields;
        if (fields !== undefined) expect(lockedValues(review.object, fields)).toEqual(lockedValues(review.oldObject, fields));
        else if (review.subresource === '' && review.oldObject.metadata.deletionTimestamp === undefined)
          expect({ ...review.object }).toEqual(review.oldObject);
      }),
      { numRuns: 3000 },
    );
  });

  test('that may break locks changes nothing together with the label, and breaks none without saying so', () => {
    const mayBreak = situations.map((input) => ({ ...input, grant: { state: 'none' }, unlockRight: 'granted' }) as const);
    fc.assert(
      fc.property(mayBreak, (input) => {
        const { review } = input;
        if (heldBy(input) === undefined || review.operation !== 'UPDATE') return;
        const [before, after] = [review.oldObject, review.object].map(({ metadata }) => metadata.labels?.[LOCK_LABEL]);
        const decision = decide(input);
        if (before === after || !decision.allow) return;
        expect([decision.rule, review.options?.['fieldManager'], after]).toEqual(['forced-unlock', unlockManagerFor(TX), undefined]);
        expect(review.object['data']).toEqual(review.oldObject['data']);
        expect(review.object.metadata.annotations).toEqual(review.oldObject.metadata.annotations);
      }),
      { numRuns: 3000 },
    );
  });

  test('never changes the data of an object that is locked whole', () => {
    fc.assert(
      fc.property(strange, (input) => {
        const record = heldBy(input);
        const { review } = input;
        if (record === undefined || record.targets[0]?.scope !== 'object' || review.operation !== 'UPDATE' || !decide(input).allow) return;
        expect(review.object['data']).toEqual(review.oldObject['data']);
      }),
      { numRuns: 3000 },
    );
  });

  test('never deletes a locked object, unless it completes our own delete', () => {
    fc.assert(
      fc.property(strange, (input) => {
        if (input.review.operation !== 'DELETE' || heldBy(input) === undefined) return;
        const decision = decide(input);
        if (decision.allow)
          expect([
            decision.rule,
            ['controller', 'kubelet'].some((name) => USERS[name as 'kubelet'].username === input.review.user.username),
          ]).toEqual(['own-delete', true]);
      }),
      { numRuns: 3000 },
    );
  });

  test('never adds a lock', () => {
    fc.assert(
      fc.property(strange, (input) => {
        const label = input.review.object?.metadata.labels?.[LOCK_LABEL];
        if ((label === LABEL || label === CREATION_LABEL) && input.review.oldObject?.metadata.labels?.[LOCK_LABEL] !== label)
          expect(decide(input)).toMatchObject({ allow: false });
      }),
      { numRuns: 3000 },
    );
  });

  test('who carries a grant never gets through as a stranger', () => {
    fc.assert(
      fc.property(situations, (input) => {
        if (input.grant.state !== 'none') expect(decide(input).rule).toMatch(/^grant-/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the documentation of the rules', () => {
  test('lists each rule once, in order, with its reason', () => {
    const page = describeRules();
    const positions = RULES.map(({ name, reason }) => page.indexOf(`**\`${name}\`**: ${reason}`));
    expect(positions.every((position) => position > 0)).toBe(true);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(new Set(RULES.map((rule) => rule.name)).size).toBe(RULES.length);
  });

  test('gives each rule a reason of a sentence at least', () => {
    for (const { reason } of RULES) expect(reason).toMatch(/^[A-Z].{60,}\.$/);
  });
});
