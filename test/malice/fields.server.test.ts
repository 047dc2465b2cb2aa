import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_VERSION } from '../../src/api/group.ts';
import type { ResourceDefinition } from '../../src/api/resource.ts';
import { RESOURCE_CHANGE } from '../../src/api/resource-change.ts';
import { structuralSchema, type StructuralSchema } from '../../src/api/structural-schema.ts';
import { TRANSACTION, type Transaction } from '../../src/api/transaction.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import { inParallel, valuesOf } from '../../src/kube/limit.ts';
import type { KubeObject, ResourceKind } from '../../src/kube/object.ts';
import { LOCK_LABEL } from '../../src/lock/label.ts';
import { RESOURCE_CHANGES, TRANSACTIONS } from '../../src/transaction/kinds.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, ended, makeConfigMap, makeNamespace, plain, refOf, seal } from '../janus/transacting.ts';
import { STRANGE, withAt, type Path } from './mutations.ts';

/** Values between the strange and the valid: right in type, wrong or unusual in content. */
const UNUSUAL: Readonly<Record<string, unknown>> = {
  ...STRANGE,
  'white space': '   ',
  'letters of many scripts': 'ünïcödé-日本-🚀',
  'seventy thousand letters': 'y'.repeat(70_000),
  'a path': '../../etc/passwd',
  'a name of another namespace': 'kube-system/default',
  'capital letters': 'SETTINGS',
  'no time at all': '0s',
  'time that runs back': '-5m',
  'a nanosecond': '1ns',
  'ten million hours': '10000000h',
  'a hundred years': '876000h',
  'more than 32 bits': 2_147_483_648,
  'less than 32 bits': -2_147_483_649,
  'the most of 32 bits': 2_147_483_647,
};

/** Every field of a spec that a schema describes: a new one is here by itself. */
function fieldsOf({ spec }: ResourceDefinition): readonly Path[] {
  const walk = (schema: StructuralSchema, at: Path): readonly Path[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [[...at, name], ...walk(field, [...at, name])]);
  return [['spec'], ...walk(structuralSchema(spec, 'spec'), ['spec'])];
}

interface Mutation {
  readonly field: Path;
  readonly what: string;
  readonly value: unknown;
}

const mutationsOf = (definition: ResourceDefinition): readonly Mutation[] =>
  fieldsOf(definition).flatMap((field) => Object.entries(UNUSUAL).map(([what, value]) => ({ field, what, value })));

const title = ({ field, what }: Mutation): string => `${field.join('.')} is ${what}`;

const asIs = (valid: KubeObject): KubeObject => valid;

let cluster: Cluster;
let admin: KubeClient;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  ({ admin } = cluster);
  await cluster.start();
  namespace = await makeNamespace(admin);
});
afterAll(() => cluster?.stop());

const fresh = (): string => `f-${randomBytes(5).toString('hex')}`;

function transaction(name: string): KubeObject {
  const spec = {
    serviceAccountName: 'deployer',
    lockTimeout: '1m',
    timeout: '2m',
    description: 'moves the settings',
    onConflict: 'Wait',
    foreignWrites: 'Deny',
    irreversible: 'Allow',
    health: { timeout: '1m' },
  };
  return { apiVersion: API_VERSION, kind: 'Transaction', metadata: { name, namespace }, spec };
}

function change(owner: KubeObject, target: string): KubeObject {
  const { name = '', uid = '' } = owner.metadata;
  const ownerReferences = [{ apiVersion: API_VERSION, kind: 'Transaction', name, uid }];
  const spec = {
    type: 'Patch',
    target: { apiVersion: 'v1', kind: 'ConfigMap', name: target, namespace },
    content: { data: { a: '2' } },
    order: 1,
  };
  return { apiVersion: API_VERSION, kind: 'ResourceChange', metadata: { name: `${name}-0`, namespace, ownerReferences }, spec };
}

/** Sends it, and returns the refusal; undefined where it was taken. */
async function refusalTo(kind: ResourceKind, object: KubeObject, dryRun: boolean): Promise<ApiError | undefined> {
  try {
    await admin.create({ kind, namespace, name: object.metadata.name ?? '' }, object, { dryRun });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Which mutations are taken; every other must be refused in words that name the field. */
async function tried(definition: ResourceDefinition, kind: ResourceKind, valid: KubeObject): Promise<readonly Mutation[]> {
  expect(await refusalTo(kind, valid, true)).toBeUndefined();
  const outcomes = await inParallel(mutationsOf(definition), 8, async (mutation) => {
    const refusal = await refusalTo(kind, withAt(valid, mutation.field, mutation.value) as KubeObject, true);
    if (refusal === undefined) return [mutation];
    expect([400, 422], `${title(mutation)}: ${refusal.message.slice(0, 300)}`).toContain(refusal.code);
    expect(refusal.message, title(mutation)).toContain(mutation.field.join('.'));
    return [];
  });
  return valuesOf(outcomes).flat();
}

/** Runs one change of one ConfigMap from draft to end. A draft that cannot be filled yet must say what is missing, and is put right. */
async function run(target: string, makeTransaction: typeof asIs, makeChange: typeof asIs): Promise<Transaction> {
  const name = fresh();
  const made = (await admin.create({ kind: TRANSACTIONS, namespace, name }, makeTransaction(transaction(name)))).object as Transaction;
  const refusal = await refusalTo(RESOURCE_CHANGES, makeChange(change(made, target)), false);
  if (refusal !== undefined && made.spec?.sealed === true) {
    expect(refusal.message).toContain('is sealed: nothing can be added to it');
    return ended(admin, made);
  }
  if (refusal !== undefined) {
    expect(refusal.message).toContain('set its spec.serviceAccountName first');
    await admin.patch(refOf(made), { type: 'merge', patch: { spec: transaction(name)['spec'] } });
    expect(await refusalTo(RESOURCE_CHANGES, makeChange(change(made, target)), false)).toBeUndefined();
  }
  await seal(admin, made);
  return ended(admin, made);
}

/** What was taken is either in effect, or came to an end in words and left nothing; and what is put right then ends as a clean run does. */
async function expectSound(mutation: Mutation, makeTransaction: typeof asIs, makeChange: typeof asIs): Promise<void> {
  const target = fresh();
  const before = await makeConfigMap(admin, namespace, target, { a: '1', b: '1' });
  const done = await run(target, makeTransaction, makeChange);
  const because = done.status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
  expect(because, title(mutation)).not.toBe('');
  expect(because, title(mutation)).not.toMatch(/\p{Cc}|undefined|\[object|at \w+ \(/u);
  if (done.status?.phase !== 'Committed') {
    // It may have been locked and let go again.
    expect(plain(await admin.get(configMap(namespace, target))), title(mutation)).toEqual(plain(before));
    expect((await run(target, asIs, asIs)).status?.phase, title(mutation)).toBe('Committed');
    const after = await admin.get(configMap(namespace, target));
    expect([after['data'], after.metadata.labels], title(mutation)).toEqual([{ a: '2', b: '1' }, undefined]);
  }
  const now = await admin.get(configMap(namespace, target)).catch(() => undefined);
  expect(now?.metadata.labels?.[LOCK_LABEL], title(mutation)).toBeUndefined();
}

describe('a Transaction', () => {
  test('with anything wrong in one of its fields is refused in words that name the field, or ends soundly', async () => {
    const taken = await tried(TRANSACTION, TRANSACTIONS, transaction(fresh()));
    const fields = new Set(taken.map(({ field }) => field.join('.')));
    expect(fields).toContain('spec.description');
    const impossible = /time that runs back|no time at all|a number|a path|huge|negative|list|object/;
    expect(taken.map(title).filter((one) => /[tT]imeout is/.test(one) && impossible.test(one))).toEqual([]);
    const outcomes = await inParallel(taken, 6, async (mutation) => {
      await expectSound(mutation, (valid) => withAt(valid, mutation.field, mutation.value) as KubeObject, asIs);
    });
    valuesOf(outcomes);
  });
});

describe('a ResourceChange', () => {
  test('with anything wrong in one of its fields is refused in words that name the field, or ends soundly', async () => {
    const name = fresh();
    const owner = (await admin.create({ kind: TRANSACTIONS, namespace, name }, transaction(name))).object;
    const taken = await tried(RESOURCE_CHANGE, RESOURCE_CHANGES, change(owner, 'settings'));
    expect(new Set(taken.map(({ field }) => field.join('.')))).toContain('spec.target.name');
    const outcomes = await inParallel(taken, 6, async (mutation) => {
      await expectSound(mutation, asIs, (valid) => withAt(valid, mutation.field, mutation.value) as KubeObject);
    });
    valuesOf(outcomes);
  });
});
