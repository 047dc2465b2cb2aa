import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GROUP } from '../../src/api/group.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { startControlPlane } from '../control-plane/start.ts';
import { eventually, kubectlOf } from './kubectl.ts';
import type { Kubectl, Run } from './kubectl.ts';

const CRDS = join(fileURLToPath(new URL('../..', import.meta.url)), 'webhook-config/crds');

let controlPlane: Awaited<ReturnType<typeof startControlPlane>> | undefined;
let kubectl: Kubectl;
let installed: Run;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  kubectl = kubectlOf(controlPlane);
  installed = await kubectl(['apply', '-f', CRDS]);
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...RESOURCES.map(({ plural }) => `crd/${plural}.${GROUP}`)]);
  // Established comes before every server of the path knows the kind.
  await eventually('the resources', async () => ((await kubectl(['get', 'transactions,resourcechanges'])).code === 0 ? true : undefined));
});

afterAll(async () => {
  await controlPlane?.stop();
});

let count = 0;
const uniqueName = (): string => `object-${(count += 1)}`;

const transaction = (spec: unknown, name = uniqueName()): Record<string, unknown> => ({
  apiVersion: 'tx.janus.io/v1alpha1',
  kind: 'Transaction',
  metadata: { name, namespace: 'default' },
  ...(spec === undefined ? {} : { spec }),
});

const change = (spec: unknown, name = uniqueName()): Record<string, unknown> => ({
  apiVersion: 'tx.janus.io/v1alpha1',
  kind: 'ResourceChange',
  metadata: { name, namespace: 'default' },
  ...(spec === undefined ? {} : { spec }),
});

const create = (object: unknown): Promise<Run> => kubectl(['create', '-o', 'json', '-f', '-'], object);
const tryOut = (object: unknown): Promise<Run> => kubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-'], object);
const merge = (kind: string, name: string, patch: unknown, ...more: readonly string[]): Promise<Run> =>
  kubectl(['patch', kind, name, '--type=merge', '-p', JSON.stringify(patch), ...more]);

const SETTINGS = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings' };

async function created(object: Record<string, unknown>): Promise<string> {
  const run = await create(object);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  return (object['metadata'] as { name: string }).name;
}

describe('the custom resource definitions', () => {
  test('are taken without a warning, and are structural', async () => {
    expect(installed).toMatchObject({ code: 0, stderr: '' });
    for (const { plural } of RESOURCES) {
      const { stdout } = await kubectl(['get', 'crd', `${plural}.${GROUP}`, '-o', 'json']);
      const { status } = JSON.parse(stdout) as { status: { conditions: { type: string; status: string }[] } };
      const states = Object.fromEntries(status.conditions.map((condition) => [condition.type, condition.status]));
      expect(states).toEqual({ Established: 'True', NamesAccepted: 'True' });
    }
  });

  test('are not changed by being applied again', async () => {
    const again = await kubectl(['apply', '-f', CRDS]);
    expect(
      again.stdout
        .trim()
        .split('\n')
        .every((line) => line.endsWith(' unchanged')),
    ).toBe(true);
  });

  test('explain every field', async () => {
    const schemas = await eventually('the OpenAPI document', async () => {
      const { code, stdout } = await kubectl(['get', '--raw', '/openapi/v3/apis/tx.janus.io/v1alpha1']);
      const found = code === 0 ? (JSON.parse(stdout) as OpenApi).components.schemas : {};
      return RESOURCES.every(({ kind }) => `io.janus.tx.v1alpha1.${kind}` in found) ? found : undefined;
    });
    for (const { kind } of RESOURCES) {
      const schema = schemas[`io.janus.tx.v1alpha1.${kind}`];
      expect(undescribed(kind, schema ?? {})).toEqual([]);
      expect(Object.keys(schema?.properties ?? {})).toEqual(expect.arrayContaining(['apiVersion', 'kind', 'metadata', 'spec']));
    }
    // The index of documents and discovery are each brought up to date a moment after the document itself.
    const explained = await eventually('kubectl explains it', async () => {
      const { code, stdout } = await kubectl(['explain', 'transaction.spec.lockTimeout']);
      return code === 0 ? stdout : undefined;
    });
    expect(explained).toContain('Default: 5m.');
  });

  test('have short names and a category that are nobody else’s', async () => {
    for (const name of ['txn', 'rch', 'transactions', 'resourcechanges', 'janus', 'rc']) {
      expect(await kubectl(['get', name])).toMatchObject({ code: 0, stderr: 'No resources found in default namespace.\n' });
    }
  });
});

describe('a Transaction', () => {
  test.each([
    ['the least spec', { serviceAccountName: 'janus-txn' }],
    ['sealed from the start', { serviceAccountName: 'janus-txn', sealed: true }],
    ['with durations as Go writes them', { serviceAccountName: 'janus-txn', lockTimeout: '5m0s', timeout: '1h30m0.5s' }],
    ['with durations of all units', { serviceAccountName: 'janus-txn', lockTimeout: '1h1m1s1ms1us1\u00b5s1\u03bcs1ns', timeout: '+.5h' }],
    [
      'with everything',
      {
        serviceAccountName: 'a',
        description: 'x',
        onConflict: 'Fail',
        foreignWrites: 'Delay',
        irreversible: 'Deny',
        health: { timeout: '90s' },
      },
    ],
    ['with nothing about health but that it matters', { serviceAccountName: 'a', health: {} }],
    ['as a draft', undefined],
  ])('is accepted %s, and stored as it was written', async (_, spec) => {
    const { code, stdout, stderr } = await tryOut(transaction(spec));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect((JSON.parse(stdout) as { spec?: unknown }).spec).toEqual(spec);
  });

  test.each([
    ['without an account', {}, 'spec.serviceAccountName: Required value'],
    ['with an empty account', { serviceAccountName: '' }, 'spec.serviceAccountName: Invalid value'],
    [
      'with words for a duration',
      { serviceAccountName: 'a', timeout: 'soon' },
      'spec.timeout: Invalid value: "soon": must be a duration such as 90s, 5m or 1h30m',
    ],
    [
      'with a blank in a duration',
      { serviceAccountName: 'a', lockTimeout: '5 m' },
      'spec.lockTimeout: Invalid value: "5 m": must be a duration',
    ],
    ['with no time at all', { serviceAccountName: 'a', timeout: '0' }, 'spec.timeout: Invalid value: "0": must be longer than zero'],
    [
      'with a time in the past',
      { serviceAccountName: 'a', health: { timeout: '-5m' } },
      'spec.health.timeout: Invalid value: "-5m": must be longer than zero',
    ],
    ['with a time that nothing can hold', { serviceAccountName: 'a', timeout: '9999999999h' }, 'spec.timeout: Invalid value'],
    ['with a wrong choice', { serviceAccountName: 'a', onConflict: 'Maybe' }, 'supported values: "Wait", "Fail"'],
    ['with a number for a duration', { serviceAccountName: 'a', timeout: 5 }, 'spec.timeout: Invalid value'],
  ])('is refused %s', async (_, spec, words) => {
    const { code, stderr } = await tryOut(transaction(spec));
    expect(stderr).toContain(words);
    expect(code).not.toBe(0);
  });

  test('can change while it is a draft', async () => {
    const name = await created(transaction({ serviceAccountName: 'a' }));
    expect((await merge('transaction', name, { spec: { serviceAccountName: 'b', timeout: '1h' } })).code).toBe(0);
    expect((await merge('transaction', name, { spec: { timeout: null, sealed: false } })).code).toBe(0);
    expect((await merge('transaction', name, { spec: { sealed: true } })).code).toBe(0);
  });

  test.each([
    ['unsealed', { sealed: false }, 'spec.sealed: Forbidden: a sealed transaction cannot be unsealed'],
    ['stripped of sealed', { sealed: null }, 'spec.sealed: Forbidden: a sealed transaction cannot be unsealed'],
    ['given another account', { serviceAccountName: 'admin' }, 'spec: Forbidden: spec is immutable once the transaction is sealed'],
    ['given a timeout', { timeout: '1h' }, 'spec: Forbidden: spec is immutable once the transaction is sealed'],
    ['changed deep inside', { health: { timeout: '1s' } }, 'spec: Forbidden: spec is immutable once the transaction is sealed'],
    ['stripped of a field', { description: null }, 'spec: Forbidden: spec is immutable once the transaction is sealed'],
    ['stripped of its spec', null, 'spec: Forbidden: spec is immutable once the transaction is sealed'],
  ])('once sealed cannot be %s', async (_, spec, words) => {
    const name = await created(transaction({ serviceAccountName: 'a', sealed: true, description: 'x', health: { timeout: '5m' } }));
    const { code, stderr } = await merge('transaction', name, { spec });
    expect(stderr).toContain(words);
    expect(code).not.toBe(0);
  });

  test('once sealed still takes labels, annotations, finalizers and a status', async () => {
    const name = await created(transaction({ serviceAccountName: 'a', sealed: true }));
    const metadata = { labels: { a: 'b' }, annotations: { 'tx.janus.io/request-rollback': '' }, finalizers: ['tx.janus.io/lease-cleanup'] };
    expect((await merge('transaction', name, { metadata })).code).toBe(0);
    const condition = {
      type: 'Committed',
      status: 'True',
      reason: 'AllItemsCommitted',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const status = {
      phase: 'Committed',
      version: 9,
      observedGeneration: 1,
      itemsTotal: 2,
      itemsCommitted: 2,
      holder: 'alice',
      items: [{ name: 'x', prepared: true, committed: true, rolledBack: false }],
      startedAt: '2026-01-01T00:00:00Z',
      conditions: [{ ...condition, observedGeneration: 1 }],
    };
    expect(await merge('transaction', name, { status }, '--subresource=status')).toMatchObject({ code: 0, stderr: '' });
    const twice = await merge('transaction', name, { status: { conditions: [condition, condition] } }, '--subresource=status');
    expect(twice.stderr).toContain('Duplicate value');
    expect((await merge('transaction', name, { status: { phase: 'Lost' } }, '--subresource=status')).stderr).toContain(
      'Unsupported value: "Lost"',
    );
    await merge('transaction', name, { metadata: { finalizers: null } });
  });

  test('shows the columns that existing scripts read, and more with -o wide', async () => {
    await created(transaction({ serviceAccountName: 'a' }));
    const head = async (...more: readonly string[]): Promise<string | undefined> =>
      (await kubectl(['get', 'transactions', ...more])).stdout.split('\n')[0]?.replace(/ {3,}/g, '|').trim();
    expect(await head()).toBe('NAME|PHASE|SEALED|AGE');
    expect(await head('-o', 'wide')).toBe('NAME|PHASE|SEALED|AGE|ITEMS|COMMITTED|SERVICE ACCOUNT|HOLDER|DESCRIPTION');
  });

  test('is found by its phase', async () => {
    const name = await created(transaction({ serviceAccountName: 'a' }));
    await merge('transaction', name, { status: { phase: 'RollingBack', version: 1 } }, '--subresource=status');
    const { stdout } = await kubectl(['get', 'transactions', '--field-selector', 'status.phase=RollingBack', '-o', 'name']);
    expect(stdout.trim()).toBe(`transaction.tx.janus.io/${name}`);
  });

  test('with a field that does not exist is refused by kubectl, and cut down to what exists otherwise', async () => {
    const object = transaction({ serviceAccountName: 'a', tiemout: '1m' });
    expect((await tryOut(object)).stderr).toContain('unknown field "spec.tiemout"');
    const { stdout } = await kubectl(['create', '--dry-run=server', '--validate=ignore', '-o', 'json', '-f', '-'], object);
    expect((JSON.parse(stdout) as { spec: unknown }).spec).toEqual({ serviceAccountName: 'a' });
  });
});

describe('a ResourceChange', () => {
  const MANIFEST = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { url: 'postgres://db:5432' },
  };

  test.each([
    ['Create', { target: { ...SETTINGS, namespace: 'default' }, type: 'Create', content: MANIFEST }],
    ['Update', { target: { ...SETTINGS, namespace: 'default' }, type: 'Update', content: MANIFEST }],
    ['Patch', { target: SETTINGS, type: 'Patch', content: { data: { level: 'debug' } } }],
    ['Delete', { target: SETTINGS, type: 'Delete' }],
    ['Patch of nothing', { target: SETTINGS, type: 'Patch', content: {} }],
  ])('is accepted for %s, and its order is 0', async (_, spec) => {
    const { code, stdout, stderr } = await tryOut(change(spec));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect((JSON.parse(stdout) as { spec: unknown }).spec).toEqual({ ...spec, order: 0 });
  });

  test.each([
    ['without a spec', undefined, 'spec: Required value'],
    ['without a target', { type: 'Delete' }, 'spec.target: Required value'],
    ['without a type', { target: SETTINGS }, 'spec.type: Required value'],
    ['of another type', { target: SETTINGS, type: 'Replace' }, 'supported values: "Create", "Update", "Patch", "Delete"'],
    ['without a name', { target: { ...SETTINGS, name: '' }, type: 'Delete' }, 'spec.target.name: Invalid value'],
    ['with an order that is too high', { target: SETTINGS, type: 'Delete', order: 2 ** 31 }, 'spec.order: Invalid value'],
    [
      'of type Create without content',
      { target: SETTINGS, type: 'Create' },
      'spec.content: Required value: content is required for Create, Update and Patch',
    ],
    ['of type Update without content', { target: SETTINGS, type: 'Update' }, 'spec.content: Required value: content is required'],
    ['of type Patch without content', { target: SETTINGS, type: 'Patch' }, 'spec.content: Required value: content is required'],
    [
      'of type Delete with content',
      { target: SETTINGS, type: 'Delete', content: {} },
      'spec.content: Forbidden: content is forbidden for Delete',
    ],
    ['with content that is no object', { target: SETTINGS, type: 'Patch', content: 'x' }, 'spec.content'],
  ])('is refused %s', async (_, spec, words) => {
    const { code, stderr } = await tryOut(change(spec));
    expect(stderr).toContain(words);
    expect(code).not.toBe(0);
  });

  test.each([
    ['its order', { order: 1 }],
    ['its target', { target: { name: 'other' } }],
    ['its type and content', { type: 'Delete', content: null }],
    ['a value in its content', { content: { data: { level: 'info' } } }],
    ['a key more in its content', { content: { binaryData: {} } }],
  ])('cannot change %s', async (_, spec) => {
    const name = await created(change({ target: SETTINGS, type: 'Patch', content: { data: { level: 'debug' } } }));
    const { code, stderr } = await merge('resourcechange', name, { spec });
    expect(stderr).toContain('spec: Forbidden: spec of a ResourceChange is immutable; delete it and create another');
    expect(code).not.toBe(0);
    expect((await merge('resourcechange', name, { metadata: { labels: { a: 'b' } } })).code).toBe(0);
  });

  test('shows the columns that existing scripts read, and more with -o wide', async () => {
    await created(change({ target: SETTINGS, type: 'Delete' }));
    const head = async (...more: readonly string[]): Promise<string | undefined> =>
      (await kubectl(['get', 'resourcechanges', ...more])).stdout.split('\n')[0]?.replace(/ {3,}/g, '|').trim();
    expect(await head()).toBe('NAME|TYPE|TARGET|ORDER|AGE');
    expect(await head('-o', 'wide')).toBe('NAME|TYPE|TARGET|ORDER|AGE|TARGET NAMESPACE|TARGET NAME|TRANSACTION');
  });
});

interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, OpenApiSchema>> };
}

interface OpenApiSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly items?: OpenApiSchema;
}

function undescribed(path: string, schema: OpenApiSchema): readonly string[] {
  return [
    ...(schema.description === undefined ? [path] : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => undescribed(`${path}.${name}`, field)),
    ...(schema.items === undefined ? [] : undescribed(`${path}[]`, schema.items)),
  ];
}
