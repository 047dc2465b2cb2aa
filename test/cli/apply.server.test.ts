import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_VERSION } from '../../src/api/group.ts';
import type { ResourceChange } from '../../src/api/resource-change.ts';
import { belongsTo } from '../../src/api/resource-change.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { NAMESPACES } from '../../src/kube/well-known.ts';
import { RESOURCE_CHANGES, TRANSACTIONS } from '../../src/transaction/kinds.ts';
import { hold } from '../janus/holding.ts';
import { at, eventually } from '../janus/objects.ts';
import { ROLE_BINDINGS, ROLES } from '../janus/rights.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, find, inPhase, makeConfigMap, makeNamespace, makeServiceAccount } from '../janus/transacting.ts';
import { runJanus, type Ended, type RunOptions } from './janus.ts';
import { tenantConfig } from './tenant.ts';
import { CTRL_C } from './terminal/pty.ts';
import { reading, type Reading } from './terminal/reading.ts';

let cluster: Cluster;
let namespace: string;

const BIN = fileURLToPath(new URL('../../bin/janus', import.meta.url));

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const env = (): Record<string, string> => ({ KUBECONFIG: cluster.controlPlane.kubeconfig });

/** Applies manifests on stdin, unasked. */
const applyOf = (manifests: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Ended> =>
  runJanus(['apply', '-f', '-', '--yes', '--as-sa', 'deployer', '-n', namespace, ...args], {
    ...options,
    stdin: manifests,
    env: { ...env(), ...options.env },
  });

const configMapOf = (name: string, data: Readonly<Record<string, string>>, metadata: object = {}): string =>
  `${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data })}\n---\n`;
const namespaceOf = (name: string): string => `${JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })}\n---\n`;

const dataOf = async (name: string, place = namespace): Promise<unknown> => (await find(cluster.admin, configMap(place, name)))?.['data'];

const transactionOf = (name: string): Promise<Transaction> => cluster.admin.get({ kind: TRANSACTIONS, namespace, name });

const transactions = async (): Promise<readonly Transaction[]> => (await cluster.admin.list<never>(TRANSACTIONS, { namespace })).items;

const changesOf = async (name: string): Promise<readonly ResourceChange[]> => {
  const { metadata } = await transactionOf(name);
  const { items } = await cluster.admin.list<never>(RESOURCE_CHANGES, { namespace });
  return (items as readonly ResourceChange[]).filter((change) => belongsTo(change, metadata.uid ?? ''));
};

/** `Create ConfigMap/new 1`, sorted. */
const made = async (name: string): Promise<readonly string[]> =>
  (await changesOf(name)).map(({ spec: { order = 0, target, type } }) => `${type} ${target.kind}/${target.name} ${order}`).sort();

describe('janus apply', () => {
  test('makes of a set one transaction: what is new, what differs, and nothing of what is the same', async () => {
    await makeConfigMap(cluster.admin, namespace, 'same', { a: '1' });
    await makeConfigMap(cluster.admin, namespace, 'other', { a: '1' });
    const { code, stdout, stderr } = await applyOf(
      configMapOf('new', { a: '1' }) + configMapOf('same', { a: '1' }) + configMapOf('other', { a: '2' }),
      ['--name', 'first', '--description', 'the first'],
    );
    expect([code, stdout], stderr).toEqual([0, 'first\n']);
    expect(stderr).toContain(`+ create ConfigMap ${namespace}/new\n~ patch  ConfigMap ${namespace}/other\n    data.a: "1" → "2"\n`);
    expect(stderr).toContain('1 to create, 1 to patch, 1 unchanged.\n');
    expect(stderr).toContain(`applied ConfigMap ${namespace}/other\n`);
    expect(stderr).toMatch(new RegExp(`Transaction ${namespace}/first Committed`));
    expect(await made('first')).toEqual(['Create ConfigMap/new 0', 'Patch ConfigMap/other 0']);
    expect([await dataOf('new'), await dataOf('other')]).toEqual([{ a: '1' }, { a: '2' }]);
    expect((await transactionOf('first')).spec).toMatchObject({ serviceAccountName: 'deployer', sealed: true, description: 'the first' });
  });

  test('does nothing where nothing differs', async () => {
    const before = await transactions();
    const { code, stdout, stderr } = await applyOf(configMapOf('same', { a: '1' }));
    expect([code, stdout, stderr]).toEqual([0, '', '1 unchanged.\nThere is nothing to do.\n']);
    expect(await transactions()).toHaveLength(before.length);
  });

  test('makes a namespace and a kind before what is in them and of it', async () => {
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gadgets.apply.example.com' },
      spec: {
        group: 'apply.example.com',
        scope: 'Namespaced',
        names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        ],
      },
    };
    const inside = `${namespace}-in`;
    const gadget = { apiVersion: 'apply.example.com/v1', kind: 'Gadget', metadata: { name: 'one', namespace: inside }, size: 3 };
    const { code, stdout, stderr } = await applyOf(
      `${JSON.stringify(gadget)}\n---\n${configMapOf('inner', { a: '1' }, { namespace: inside })}${JSON.stringify(crd)}\n---\n${namespaceOf(inside)}`,
    );
    expect(code, stderr).toBe(0);
    expect(await made(stdout.trim())).toEqual([
      'Create ConfigMap/inner 2',
      'Create CustomResourceDefinition/gadgets.apply.example.com 1',
      'Create Gadget/one 3',
      `Create Namespace/${inside} 0`,
    ]);
    expect(await dataOf('inner', inside)).toEqual({ a: '1' });
  });

  test('shows with --dry-run what it would do on stdout, and makes nothing', async () => {
    const before = await transactions();
    const { code, stdout, stderr } = await applyOf(configMapOf('never', { a: '1' }), ['--dry-run']);
    expect([code, stdout, stderr]).toEqual([0, `+ create ConfigMap ${namespace}/never\n`, '1 to create (server dry run).\n']);
    expect(await transactions()).toHaveLength(before.length);
  });

  test('without a terminal wants --yes', async () => {
    const { code, stderr } = await runJanus(['apply', '-f', '-', '--as-sa', 'deployer', '-n', namespace], {
      stdin: configMapOf('never', { a: '1' }),
      env: env(),
    });
    expect(code).toBe(2);
    expect(stderr).toContain('Nothing was applied: without a terminal nobody can be asked. Add --yes');
    expect(await dataOf('never')).toBeUndefined();
  });

  test('is rolled back where an object is refused that could not be judged before, and ends with 3', async () => {
    const inside = `${namespace}-bad`;
    const bad = JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'bad', namespace: inside }, spec: { ports: [] } });
    const { code, stdout, stderr } = await applyOf(`${namespaceOf(inside)}${bad}\n---\n${configMapOf('beside', { a: '1' })}`);
    expect(code, stderr).toBe(3);
    expect(stdout).toMatch(/^apply-\w+\n$/);
    expect(stderr).toContain(`Error: Transaction ${namespace}/${stdout.trim()} did not commit, and is RolledBack: `);
    expect(stderr).toContain(`Service ${inside}/bad`);
    expect(await dataOf('beside')).toBeUndefined();
    const left = await find(cluster.admin, { kind: NAMESPACES, name: inside });
    expect(left === undefined || left.metadata.deletionTimestamp !== undefined).toBe(true);
  });

  test('makes nothing where the server refuses for good, and names every object with its place', async () => {
    const before = await transactions();
    const { code, stdout, stderr } = await applyOf(
      `${configMapOf('x', {}).replace('"data":{}', '"data":{"a":1}')}${configMapOf('y', {}).replace('"data":{}', '"wrong":1')}`,
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      new RegExp(`stdin:1:1 \\(document 1\\): ConfigMap ${namespace}/x: .*\nstdin:3:1 \\(document 2\\): ConfigMap ${namespace}/y: .*wrong`),
    );
    expect(await transactions()).toHaveLength(before.length);
  });

  test('ends with 4 where another Transaction holds an object, and says who and what to do', async () => {
    await makeConfigMap(cluster.admin, namespace, 'busy', { a: '1' });
    const held = await hold(cluster.admin, namespace, [{ type: 'Patch', name: 'busy', content: { data: { a: '2' } } }]);
    const holder = `${namespace}/${held.transaction.metadata.name ?? ''}`;
    const { code, stdout, stderr } = await applyOf(configMapOf('busy', { a: '3' }) + configMapOf('with', { a: '1' }), [
      '--on-conflict',
      'Fail',
    ]);
    expect(code, stderr).toBe(4);
    expect(stderr).toContain(`    locked by Transaction ${holder} (Committing 1/2, for admin): this has to wait for it\n`);
    expect(stderr).toMatch(new RegExp(`ConfigMap ${namespace}/busy is locked by .*${holder}.*onConflict is Fail`));
    expect(stderr).toContain(`"janus recover plan ${stdout.trim()} -n ${namespace}"`);
    expect(await dataOf('with')).toBeUndefined();
    await held.release();
  });

  test('with --no-wait ends when it is sealed', async () => {
    const { code, stdout, stderr } = await applyOf(configMapOf('later', { a: '1' }), ['--no-wait']);
    const name = stdout.trim();
    expect(code).toBe(0);
    expect(stderr).toContain(`Transaction ${namespace}/${name} goes on. "janus watch ${name} -n ${namespace}" shows it`);
    await inPhase(cluster.admin, await transactionOf(name), 'Committed');
    expect(await dataOf('later')).toEqual({ a: '1' });
  });

  test('goes on where the reader of its output is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'janus-apply-'));
    writeFileSync(join(folder, 'a.yaml'), configMapOf('piped', { a: '1' }));
    const command = `"$0" apply -f "${folder}" --yes --as-sa deployer -n ${namespace} 2>/dev/null | true`;
    await promisify(execFile)('sh', ['-c', command, BIN], { env: { PATH: process.env['PATH'] ?? '', ...env() } });
    await eventually('the ConfigMap is there', async () => (await dataOf('piped')) !== undefined);
  });
});

describe('janus apply --prune-from', () => {
  test('deletes what the earlier set had and this has not, also what was unchanged then, after everything else', async () => {
    await makeConfigMap(cluster.admin, namespace, 'unchanged', { a: '1' });
    const first = await applyOf(
      configMapOf('kept', { a: '1' }) + configMapOf('dropped', { a: '1' }) + configMapOf('unchanged', { a: '1' }),
    );
    expect(first.code, first.stderr).toBe(0);
    const { code, stdout, stderr } = await applyOf(configMapOf('kept', { a: '2' }), ['--prune-from', first.stdout.trim()]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      `- delete ConfigMap ${namespace}/dropped\n- delete ConfigMap ${namespace}/unchanged\n1 to patch, 2 to delete.\n`,
    );
    expect(await made(stdout.trim())).toEqual(['Delete ConfigMap/dropped 1', 'Delete ConfigMap/unchanged 1', 'Patch ConfigMap/kept 0']);
    expect([await dataOf('dropped'), await dataOf('unchanged'), await dataOf('kept')]).toEqual([undefined, undefined, { a: '2' }]);
  });

  test('is refused for a Transaction that is not there, or not committed', async () => {
    expect((await applyOf(configMapOf('kept', {}), ['--prune-from', 'none'])).stderr).toContain('There is no Transaction none');
    const object = {
      apiVersion: API_VERSION,
      kind: 'Transaction',
      metadata: { name: 'open', namespace },
      spec: { serviceAccountName: 'deployer' },
    };
    await cluster.admin.create({ kind: TRANSACTIONS, namespace, name: 'open' }, object);
    expect((await applyOf(configMapOf('kept', {}), ['--prune-from', 'open'])).stderr).toContain(
      'which is Pending, so what it applied is not known to be there',
    );
  });
});

describe('what apply leaves when it fails half-way', () => {
  test('is nothing: a draft that cannot be filled is removed', async () => {
    const { admin, controlPlane } = cluster;
    await makeServiceAccount(admin, namespace, 'clerk');
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'clerk' } };
    await admin.create(at(ROLES, namespace, 'clerk'), {
      ...rbac,
      kind: 'Role',
      rules: [
        { apiGroups: ['tx.janus.io'], resources: ['transactions'], verbs: ['get', 'list', 'create', 'delete'] },
        { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['deployer'], verbs: ['impersonate'] },
      ],
    });
    await admin.create(at(ROLE_BINDINGS, namespace, 'clerk'), {
      ...rbac,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'clerk' },
      subjects: [{ kind: 'ServiceAccount', name: 'clerk', namespace }],
    });
    const config = await tenantConfig(admin, controlPlane, namespace, 'clerk');
    const attempt = (): Promise<Ended> =>
      applyOf(configMapOf('unfilled', { a: '1' }), ['--name', 'unfilled'], { env: { KUBECONFIG: config } });
    await eventually('the clerk may create Transactions', async () => (await attempt()).stderr.includes('may not create resourcechanges'));
    const { code, stdout, stderr } = await attempt();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      `User "system:serviceaccount:${namespace}:clerk" may not create resourcechanges.tx.janus.io in namespace ${namespace}`,
    );
    expect((await transactions()).map(({ metadata }) => metadata.name)).not.toContain('unfilled');
  });
});

describe('janus apply on a terminal', () => {
  const onTerminal = (manifests: string, args: readonly string[] = []): Reading => {
    const file = join(mkdtempSync(join(tmpdir(), 'janus-apply-')), 'set.yaml');
    writeFileSync(file, manifests);
    return reading(['apply', '-f', file, '--as-sa', 'deployer', '-n', namespace, ...args], env());
  };

  test('asks, and shows the end', async () => {
    const terminal = onTerminal(configMapOf('asked', { a: '1' }));
    await terminal.sees(/\+ create ConfigMap \S+\/asked[^]*Apply this as one transaction, as ServiceAccount \S+\/deployer\? \[y\/N\]/);
    terminal.type('y\r');
    await terminal.sees(/Transaction \S+ Committed/);
    expect(await terminal.ended).toBe(0);
    expect(await dataOf('asked')).toEqual({ a: '1' });
  });

  test.each([
    ['no', 'n\r'],
    ['nothing', '\r'],
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', '\u0004'],
  ])('makes nothing when answered with %s', async (_what, keys) => {
    const before = await transactions();
    const terminal = onTerminal(configMapOf('declined', { a: '1' }));
    await terminal.sees(/\[y\/N\]/);
    terminal.type(keys);
    await terminal.sees(/Nothing was applied\./);
    expect(await terminal.ended).toBe(1);
    expect(await transactions()).toHaveLength(before.length);
  });

  /** An apply that waits for an object that is held, as it is shown. */
  const waiting = async (name: string) => {
    await makeConfigMap(cluster.admin, namespace, name, { a: '1' });
    const held = await hold(cluster.admin, namespace, [{ type: 'Patch', name, content: { data: { a: '2' } } }]);
    const terminal = onTerminal(configMapOf(name, { a: '3' }), ['--yes', '--name', `over-${name}`]);
    await terminal.sees(/Preparing/);
    return { held, terminal, transaction: await transactionOf(`over-${name}`) };
  };

  test('leaves it running when told so after Ctrl-C', async () => {
    const { held, terminal, transaction } = await waiting('left');
    terminal.type(CTRL_C);
    await terminal.sees(/\[l\]eave it running, \[r\]oll it back, or \[w\]atch on\?/);
    terminal.type('l\r');
    await terminal.sees(/Left running: Transaction \S+\/over-left goes on/);
    expect(await terminal.ended).toBe(130);
    await held.release();
    await inPhase(cluster.admin, transaction, 'Committed');
    expect(await dataOf('left')).toEqual({ a: '3' });
  });

  test('leaves it running after a second Ctrl-C', async () => {
    const { held, terminal, transaction } = await waiting('twice');
    terminal.type(CTRL_C);
    await terminal.sees(/or \[w\]atch on\?/);
    terminal.type(CTRL_C);
    await terminal.sees(/Left running/);
    await terminal.ended;
    await held.release();
    await inPhase(cluster.admin, transaction, 'Committed');
  });

  test('watches on when told so, and rolls back when told that', async () => {
    const { held, terminal, transaction } = await waiting('back');
    terminal.type(CTRL_C);
    await terminal.sees(/or \[w\]atch on\?/);
    terminal.type('w\r');
    await terminal.sees(/Preparing/);
    terminal.type(CTRL_C);
    await terminal.sees(/or \[w\]atch on\?/);
    terminal.type('r\r');
    await terminal.sees(/Preparing/);
    await held.release();
    await terminal.sees(/did not commit, and is RolledBack/);
    expect(await terminal.ended).toBe(3);
    expect((await transactionOf(transaction.metadata.name ?? '')).status?.phase).toBe('RolledBack');
    expect(await dataOf('back')).toEqual({ a: '2' });
  });
});

describe('five hundred objects', () => {
  test('are applied, compared and pruned', async () => {
    const many = (count: number, value: string): string =>
      Array.from({ length: count }, (_, index) => configMapOf(`many-${index}`, { value })).join('');
    const first = await applyOf(many(500, '1'));
    expect(first.code, first.stderr.slice(-2000)).toBe(0);
    expect((await transactionOf(first.stdout.trim())).status).toMatchObject({ phase: 'Committed', itemsTotal: 500, itemsCommitted: 500 });
    expect(await applyOf(many(500, '1'))).toMatchObject({ code: 0, stderr: '500 unchanged.\nThere is nothing to do.\n' });
    const second = await applyOf(many(250, '1'), ['--prune-from', first.stdout.trim()]);
    expect(second.code, second.stderr.slice(-2000)).toBe(0);
    expect([await dataOf('many-249'), await dataOf('many-250'), await dataOf('many-499')]).toEqual([{ value: '1' }, undefined, undefined]);
  });
});
