import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject, ObjectMeta } from '../../../src/kube/object.ts';
import { decideContainer } from '../../../src/lock/container/decision.ts';
import type { OpenRecords } from '../../../src/lock/container/records.ts';
import { CLUSTER_CONTROLLERS } from '../../../src/lock/controllers.ts';
import type { Decision } from '../../../src/lock/denial.ts';
import type { GrantState } from '../../../src/lock/grant-verifier.ts';
import type { LockRecord } from '../../../src/lock/record.ts';
import { NOW, OTHER_TX, otherRecord, outcomeOf, recordOf, reviewOf, TX, USERS, type Write } from '../scenario.ts';

const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces' };
const DEFINITION = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
};
const WIDGETS = { group: 'example.com', version: 'v1', kind: 'Widget', resource: 'widgets', namespaced: true };

interface Case extends Write {
  readonly records?: readonly LockRecord[] | 'unreadable';
  readonly grant?: GrantState;
}

function decisionOn({ records = [recordOf()], grant = { state: 'none' }, ...write }: Case): Decision {
  const open: OpenRecords =
    records === 'unreadable'
      ? { found: 'unreadable', why: 'it is dark' }
      : { found: 'records', records: records.map((record) => ({ record })) };
  return decideContainer({
    review: reviewOf(write),
    grant,
    open,
    now: NOW,
    controllers: CLUSTER_CONTROLLERS,
    systemNamespace: 'janus-system',
  });
}

function namespace(name: string, spec: object = { finalizers: ['kubernetes'] }, metadata: ObjectMeta = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, uid: `uid-${name}`, ...metadata }, spec };
}

const removal = (name: string, more: Partial<Case> = {}): Case => ({ kind: NAMESPACE, before: namespace(name), ...more });
const ending = { deletionTimestamp: '2026-01-01T00:00:00Z' };

describe('the deletion of a Namespace', () => {
  test('is refused while an open transaction has an object in it, in words that name it', () => {
    const decision = decisionOn(removal('shop', { by: 'admin' }));
    expect(outcomeOf(decision)).toBe('deny container-held 423');
    expect(decision).toMatchObject({
      reason: 'Locked',
      message: expect.stringContaining(
        "Namespace shop can't be deleted: ConfigMap shop/settings in it is locked by transaction shop/checkout",
      ),
      causes: [{ reason: 'LockedBy', field: TX }],
    });
  });

  test('is refused while it is itself what an open transaction changes', () => {
    const record = recordOf({}, { kind: { ...NAMESPACE, namespaced: false }, name: 'shop' });
    const { namespace: _, ...target } = record.targets[0]!;
    const transaction = { ...record.transaction, namespace: 'home' };
    const decision = decisionOn(removal('shop', { records: [{ ...record, transaction, targets: [target] }] }));
    expect(decision).toMatchObject({ code: 423, message: expect.stringContaining("Namespace shop can't be deleted: it is locked by") });
  });

  test('is refused while an open transaction lives in it', () => {
    const record = recordOf({ transaction: { namespace: 'home', name: 'checkout', uid: TX } });
    expect(outcomeOf(decisionOn(removal('home', { records: [record] })))).toBe('deny container-held 423');
  });

  test('is refused where Janus keeps the records, while any is open', () => {
    expect(outcomeOf(decisionOn(removal('janus-system')))).toBe('deny container-held 423');
    expect(outcomeOf(decisionOn(removal('janus-system', { records: [] })))).toBe('allow container-free');
  });

  test('is made to wait where the transaction says so, but not as a dry run or by controllers', () => {
    const records = [recordOf({ foreignWrites: 'Delay' })];
    expect(outcomeOf(decisionOn(removal('shop', { records })))).toBe('deny container-held 429');
    expect(outcomeOf(decisionOn(removal('shop', { records, dryRun: true })))).toBe('deny container-held 423');
    expect(outcomeOf(decisionOn(removal('shop', { records, by: 'controller' })))).toBe('deny container-held 423');
  });

  test('is allowed where no open transaction has anything', () => {
    expect(outcomeOf(decisionOn(removal('other')))).toBe('allow container-free');
    expect(outcomeOf(decisionOn(removal('shop', { records: [] })))).toBe('allow container-free');
  });

  test('is refused, whichever it is, while it is not known what is open', () => {
    expect(outcomeOf(decisionOn(removal('other', { records: 'unreadable' })))).toBe('deny records-unreadable 503');
  });

  test('is not kept from the transaction by itself, but by others', () => {
    const grant = grantFor('shop');
    const by = 'executor';
    expect(outcomeOf(decisionOn(removal('shop', { grant, by })))).toBe('allow container-free');
    expect(outcomeOf(decisionOn(removal('shop', { grant, by, records: [recordOf(), otherRecord()] })))).toBe('deny container-held 423');
    expect(outcomeOf(decisionOn(removal('shop', { grant: grantFor('elsewhere'), by })))).toBe('deny grant-bound 403');
    expect(outcomeOf(decisionOn(removal('shop', { grant, by: 'alice' })))).toBe('deny grant-bound 403');
    const faulty = { state: 'faulty', fault: 'expired', words: 'it has expired' } as const;
    expect(outcomeOf(decisionOn(removal('shop', { grant: faulty, by, records: [] })))).toBe('deny grant-faulty 403');
  });
});

function grantFor(name: string, transaction: string = TX): GrantState {
  const target = { group: '', resource: 'namespaces', namespace: '', name, uid: `uid-${name}` };
  return { state: 'verified', claims: { transaction, attempt: 3, change: 'drop', action: 'delete', target } };
}

describe('an update of a Namespace', () => {
  const update = (before: KubeObject, after: KubeObject, subresource = 'finalize'): string =>
    outcomeOf(decisionOn({ kind: NAMESPACE, before, after, subresource }));

  test('is refused if it takes the finalizer that keeps it, and allowed if it adds one', () => {
    const mine = { finalizers: ['kubernetes', 'example.com/mine'] };
    expect(update(namespace('shop'), namespace('shop', {}))).toBe('deny container-held 423');
    expect(update(namespace('shop'), namespace('shop', { finalizers: [] }))).toBe('deny container-held 423');
    expect(update(namespace('shop'), namespace('shop', { finalizers: ['example.com/mine'] }))).toBe('deny container-held 423');
    expect(update(namespace('shop', mine), namespace('shop'))).toBe('deny container-held 423');
    expect(update(namespace('shop'), namespace('shop', mine))).toBe('allow container-unharmed');
  });

  test.each(['', 'status', 'finalize'])('by way of "%s" is refused if it is the last step of a removal', (subresource) => {
    const before = namespace('shop', {}, { ...ending, finalizers: ['example.com/mine'] });
    expect(update(before, namespace('shop', {}, ending), subresource)).toBe('deny container-held 423');
    const kept = namespace('shop', {}, { ...ending, finalizers: ['example.com/other'] });
    expect(update(before, kept, subresource)).toBe('allow container-unharmed');
  });

  test('is allowed without a look at any record if it does neither', () => {
    const labelled = namespace('shop', undefined, { labels: { team: 'a' }, finalizers: ['example.com/mine'] });
    for (const subresource of ['', 'status', 'finalize']) {
      expect(update(namespace('shop'), labelled, subresource)).toBe('allow container-unharmed');
      expect(update(labelled, namespace('shop'), subresource)).toBe('allow container-unharmed');
    }
    expect(outcomeOf(decisionOn({ kind: NAMESPACE, before: labelled, after: namespace('shop'), records: 'unreadable' }))).toBe(
      'allow container-unharmed',
    );
  });
});

const version = (name: string, parts: object = {}): Record<string, unknown> => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: { openAPIV3Schema: { type: 'object' } },
  ...parts,
});

function definition(versions: readonly unknown[] = [version('v1'), version('v2')], parts: object = {}, resource = 'widgets'): KubeObject {
  const spec = { group: 'example.com', names: { plural: resource }, scope: 'Namespaced', versions, ...parts };
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${resource}.example.com` }, spec };
}

describe('a CustomResourceDefinition of whose kind an open transaction has an object', () => {
  const records = [recordOf({}, { kind: WIDGETS, name: 'axle' })];
  const on = (before: KubeObject, after?: KubeObject): Decision => decisionOn({ kind: DEFINITION, before, after, records });

  test('cannot be deleted; one of another kind can', () => {
    const decision = on(definition());
    expect(decision).toMatchObject({
      code: 423,
      message: expect.stringContaining("CustomResourceDefinition widgets.example.com can't be deleted: Widget shop/axle is locked by"),
    });
    expect(outcomeOf(on(definition(undefined, {}, 'gadgets')))).toBe('allow container-free');
  });

  test.each([
    ["can't stop serving v1", [version('v1', { served: false }), version('v2')], {}],
    ["can't store another version", [version('v1', { storage: false }), version('v2', { storage: true })], {}],
    ["can't store another version", [version('v2', { storage: true })], {}],
    ["can't change the schema or the subresources of v1", [version('v1', { schema: {} }), version('v2')], {}],
    ["can't change the schema or the subresources of v1", [version('v1', { subresources: { status: {} } }), version('v2')], {}],
    ["can't change its scope", undefined, { scope: 'Cluster' }],
    ["can't change its conversion", undefined, { conversion: { strategy: 'Webhook' } }],
  ])('%s', (words, versions, parts) => {
    const decision = on(definition(), definition(versions, parts));
    expect(decision).toMatchObject({ code: 423, message: expect.stringContaining(`${words}: Widget shop/axle is locked by`) });
  });

  test('may change what its objects do not need', () => {
    const v2 = version('v2', { served: false, schema: {} });
    expect(outcomeOf(on(definition(), definition([version('v1'), v2, version('v3')])))).toBe('allow container-free');
    const printed = version('v1', { additionalPrinterColumns: [{ name: 'Size' }], deprecated: true });
    expect(outcomeOf(on(definition(), definition([printed, version('v2')])))).toBe('allow container-unharmed');
    const webhook = (caBundle: string): object => ({ conversion: { strategy: 'Webhook', webhook: { clientConfig: { caBundle } } } });
    expect(outcomeOf(on(definition(undefined, webhook('old')), definition(undefined, webhook('new'))))).toBe('allow container-unharmed');
    const labelled = { ...definition(), metadata: { name: 'widgets.example.com', labels: { a: 'b' } } };
    expect(outcomeOf(on(definition(), labelled))).toBe('allow container-unharmed');
  });
});

describe('the definitions of Janus itself', () => {
  const own = (parts: object = {}): KubeObject => {
    const { spec, ...rest } = definition();
    return { ...rest, spec: { ...(spec as object), group: 'tx.janus.io', names: { plural: 'transactions' }, ...parts } };
  };

  test('cannot be deleted while any transaction is open, but brought up to date', () => {
    expect(outcomeOf(decisionOn({ kind: DEFINITION, before: own() }))).toBe('deny container-held 423');
    expect(outcomeOf(decisionOn({ kind: DEFINITION, before: own(), records: [] }))).toBe('allow container-free');
    expect(outcomeOf(decisionOn({ kind: DEFINITION, before: own(), after: own({ versions: [version('v1', { schema: {} })] }) }))).toBe(
      'allow container-free',
    );
  });
});

describe('any write to a container', () => {
  const json = fc.jsonValue({ maxDepth: 4 });
  const kinds = fc.constantFrom(NAMESPACE, DEFINITION);
  const object = fc
    .record({ name: fc.constantFrom('shop', 'widgets.example.com'), spec: json })
    .map(({ name, spec }): KubeObject => ({ apiVersion: 'v1', kind: 'K', metadata: { name }, spec }));

  test('is decided without an exception, whatever its spec is', () => {
    fc.assert(
      fc.property(kinds, object, fc.option(object, { nil: undefined }), (kind, before, after) => {
        const decision = decisionOn({ kind, before, after });
        expect(decision.rule).not.toBe('exception');
      }),
    );
  });

  test('that deletes one with an object of an open transaction is refused to everybody without that grant', () => {
    const users = fc.constantFrom(...(Object.keys(USERS) as (keyof typeof USERS)[]));
    const grants = fc.constantFrom<GrantState>({ state: 'none' }, grantFor('shop', OTHER_TX), grantFor('other'));
    fc.assert(
      fc.property(users, grants, fc.boolean(), (by, grant, dryRun) => {
        expect(decisionOn(removal('shop', { by, grant, dryRun })).allow).toBe(false);
      }),
    );
  });
});
