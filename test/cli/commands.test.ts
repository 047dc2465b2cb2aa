import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/object.ts';
import { startTestCluster } from './cluster.ts';
import type { TestCluster } from './cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'janus-commands-'));
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startTestCluster();
  await cluster.kubectl('create', 'namespace', 'shop');
  await cluster.kubectl('create', 'serviceaccount', 'deployer', '-n', 'shop');
});
afterAll(() => cluster?.stop());

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** An unsealed Transaction in namespace shop. */
async function transaction(name: string): Promise<string> {
  await cluster.kubectl(
    'create',
    '-f',
    file(
      `${name}.yaml`,
      `apiVersion: tx.janus.io/v1alpha1\nkind: Transaction\nmetadata: {name: ${name}, namespace: shop}\nspec: {serviceAccountName: deployer}\n`,
    ),
  );
  return name;
}

/** What kubectl prints as JSON: an object, or a list of them. */
interface Read extends KubeObject {
  readonly spec: { readonly target: { readonly namespace?: string }; readonly sealed?: boolean };
  readonly items: readonly Read[];
}

async function read(...what: readonly string[]): Promise<Read> {
  return JSON.parse(await cluster.kubectl('get', ...what, '-n', 'shop', '-o', 'json'));
}

async function changesOf(name: string): Promise<readonly string[]> {
  const { items } = await read('resourcechanges.tx.janus.io', '-l', `tx.janus.io/transaction=${name}`);
  return items.map(({ metadata }) => metadata.name ?? '').sort();
}

describe('create', () => {
  test('prints the name, and only the name, on stdout', async () => {
    expect(await cluster.janus(['create', 'first', '--sa', 'deployer', '-n', 'shop'])).toEqual({
      code: 0,
      stdout: 'first\n',
      stderr: 'Transaction shop/first created (unsealed)\n',
    });
    expect((await read('transaction', 'first')).spec).toEqual({ serviceAccountName: 'deployer' });
  });

  test('prints the name that the server has made from a prefix', async () => {
    const { code, stderr, stdout } = await cluster.janus(['create', '-g', 'deploy-', '--sa=deployer', '--namespace=shop']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^deploy-[a-z0-9]{5}\n$/);
    expect(stderr).toBe(`Transaction shop/${stdout.trim()} created (unsealed)\n`);
  });

  test('sets everything that it has a flag for', async () => {
    const flags = [
      '--lock-timeout',
      '10s',
      '--timeout',
      '1h',
      '--description',
      'move the shop',
      '--on-conflict',
      'Fail',
      '--foreign-writes',
      'Delay',
      '--health-timeout',
      '2m',
    ];
    expect((await cluster.janus(['create', 'full', '--sa', 'deployer', '-n', 'shop', ...flags])).code).toBe(0);
    expect((await read('transaction', 'full')).spec).toEqual({
      serviceAccountName: 'deployer',
      lockTimeout: '10s',
      timeout: '1h',
      description: 'move the shop',
      onConflict: 'Fail',
      foreignWrites: 'Delay',
      health: { timeout: '2m' },
    });
  });

  test('is accepted without its ServiceAccount, and warns', async () => {
    const { code, stderr, stdout } = await cluster.janus(['create', 'early', '--sa', 'nobody', '-n', 'shop']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'early\n' });
    expect(stderr).toContain('Warning: there is no ServiceAccount nobody in namespace shop: create it before you seal');
  });

  test("uses the context's namespace where none is given, else default", async () => {
    expect((await cluster.janus(['create', 'plain', '--sa', 'default'])).stderr).toContain('Transaction default/plain created');
  });

  test('says that the name is taken', async () => {
    await transaction('taken');
    const { code, stderr, stdout } = await cluster.janus(['create', 'taken', '--sa', 'deployer', '-n', 'shop']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'Error: Transaction shop/taken exists already: choose another name, or let the server choose one with -g PREFIX.\n',
    );
  });

  test('says that the namespace is missing', async () => {
    expect((await cluster.janus(['create', 'x', '--sa', 'deployer', '-n', 'shp'])).stderr).toBe(
      'Error: Namespace shp does not exist: create it, or name another one with -n.\n',
    );
  });
});

describe('add', () => {
  test('adds a change with the default name, the label and the owner', async () => {
    await transaction('one');
    const content = file('patch.yaml', 'data:\n  mode: fast\n');
    expect(
      await cluster.janus(['add', 'one', '--type', 'Patch', '--target', 'ConfigMap/Settings'.toLowerCase(), '-f', content, '-n', 'shop']),
    ).toEqual({
      code: 0,
      stdout: 'ResourceChange shop/one-patch-settings created (type=Patch, target=ConfigMap/settings, order=0)\n',
      stderr: '',
    });
    const owner = await read('transaction', 'one');
    const change = await read('resourcechanges.tx.janus.io', 'one-patch-settings');
    expect(change.metadata.labels).toEqual({ 'tx.janus.io/transaction': 'one' });
    expect(change.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'tx.janus.io/v1alpha1',
        kind: 'Transaction',
        name: 'one',
        uid: owner.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(change.spec).toEqual({
      type: 'Patch',
      order: 0,
      target: { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', namespace: 'shop' },
      content: { data: { mode: 'fast' } },
    });
  });

  test('asks the cluster which kind a short name means, and takes a name, an order and a namespace', async () => {
    await transaction('two');
    const args = ['add', 'two', '--type=Delete', '--target=deploy/web', '--target-ns=default', '--order=-3', '--name=gone', '-n=shop'];
    expect((await cluster.janus(args)).stdout).toBe('ResourceChange shop/gone created (type=Delete, target=Deployment/web, order=-3)\n');
    expect((await read('resourcechanges.tx.janus.io', 'gone')).spec).toEqual({
      type: 'Delete',
      order: -3,
      target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'default' },
    });
  });

  test('reads content from stdin', async () => {
    await transaction('three');
    const { code, stdout } = await cluster.janus(['add', 'three', '--type', 'Patch', '--target', 'cm/a', '-f', '-', '-n', 'shop'], {
      stdin: '{"data": {"a": "b"}}',
    });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'ResourceChange shop/three-patch-a created (type=Patch, target=ConfigMap/a, order=0)\n',
    });
  });

  const MANY = [
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}',
    'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\nspec: {ports: [{port: 80}]}',
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: "shop:reader"}\nrules: []',
  ].join('\n---\n');

  test('makes a change of each document of a file', async () => {
    await transaction('many');
    const { code, stdout } = await cluster.janus([
      'add',
      'many',
      '--type',
      'Create',
      '-f',
      file('many.yaml', MANY),
      '-n',
      'shop',
      '--order',
      '2',
    ]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        'ResourceChange shop/many-create-configmap-web created (type=Create, target=ConfigMap/web, order=2)',
        'ResourceChange shop/many-create-service-web created (type=Create, target=Service/web, order=2)',
        'ResourceChange shop/many-create-shop-reader created (type=Create, target=ClusterRole/shop:reader, order=2)\n',
      ].join('\n'),
    });
    const { items } = await read('resourcechanges.tx.janus.io', '-l', 'tx.janus.io/transaction=many');
    expect(items.map(({ spec }) => spec.target.namespace)).toEqual(['shop', 'default', undefined]);
  });

  test('adds none where one document is wrong, and names every fault by its place', async () => {
    await transaction('wrong');
    const text = `${MANY}\n---\napiVersion: v1\nkind: ConfigMp\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, uid: "1"}\n---\nkind: ConfigMap\n`;
    const { code, stderr, stdout } = await cluster.janus([
      'add',
      'wrong',
      '--type',
      'Create',
      '-f',
      file('wrong.yaml', text),
      '-n',
      'shop',
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/wrong\.yaml:17:7 \(document 4\): "ConfigMp" is not a kind that this cluster knows: did you mean ConfigMap\?/);
    expect(stderr).toMatch(/wrong\.yaml:24:1 \(document 6\): without --target, the content needs apiVersion, kind and metadata\.name/);
    expect(await changesOf('wrong')).toEqual([]);
  });

  test('adds none where a name is taken', async () => {
    await transaction('half');
    await cluster.janus(['add', 'half', '--type', 'Delete', '--target', 'cm/x', '--name', 'half-create-shop-reader', '-n', 'shop']);
    const { code, stderr } = await cluster.janus(['add', 'half', '--type', 'Create', '-f', file('many.yaml', MANY), '-n', 'shop']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'Error: ResourceChange shop/half-create-shop-reader exists already, so nothing was added: give another name with --name.\n',
    );
    expect(await changesOf('half')).toEqual(['half-create-shop-reader']);
  });

  test('removes what it has created where a quota that the dry runs met stops the rest', async () => {
    await cluster.kubectl('create', 'namespace', 'tight');
    await cluster.apply(
      'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: few, namespace: tight}\nspec: {hard: {"count/resourcechanges.tx.janus.io": "2"}}\n',
    );
    // Admission counts against the status, which the controller would fill in after a while.
    const status = JSON.stringify({
      status: { hard: { 'count/resourcechanges.tx.janus.io': '2' }, used: { 'count/resourcechanges.tx.janus.io': '0' } },
    });
    await cluster.kubectl('patch', 'resourcequota', 'few', '-n', 'tight', '--subresource=status', '--type=merge', '-p', status);
    expect((await cluster.janus(['create', 'big', '--sa', 'default', '-n', 'tight'])).code).toBe(0);
    const { code, stderr, stdout } = await cluster.janus(['add', 'big', '--type', 'Create', '-f', file('many.yaml', MANY), '-n', 'tight']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/exceeded quota/);
    expect(JSON.parse(await cluster.kubectl('get', 'resourcechanges.tx.janus.io', '-n', 'tight', '-o', 'json')).items).toEqual([]);
  });

  test('says that the Transaction is missing, or sealed', async () => {
    await transaction('shut');
    await cluster.janus(['seal', 'shut', '-n', 'shop']);
    const args = ['--type', 'Delete', '--target', 'cm/a', '-n', 'shop'];
    expect((await cluster.janus(['add', 'absent', ...args])).stderr).toMatch(
      /^Error: There is no Transaction absent in namespace shop: check the name/,
    );
    expect((await cluster.janus(['add', 'shut', ...args])).stderr).toBe(
      'Error: Transaction shop/shut is sealed, so nothing can be added: create another Transaction.\n',
    );
  });

  test('offers the nearest kinds for one that the cluster does not know', async () => {
    await transaction('near');
    expect((await cluster.janus(['add', 'near', '--type', 'Delete', '--target', 'Deploymnt/a', '-n', 'shop'])).stderr).toMatch(
      /^Error: "Deploymnt" is not a kind that this cluster knows: did you mean Deployment\.apps/,
    );
  });
});

describe('seal', () => {
  test('seals, and says the same when it is repeated', async () => {
    await transaction('done');
    const said = { code: 0, stdout: 'Transaction shop/done sealed\n', stderr: '' };
    expect(await cluster.janus(['seal', 'done', '-n', 'shop'])).toEqual(said);
    expect(await cluster.janus(['seal', 'done', '-n', 'shop'])).toEqual(said);
    expect((await read('transaction', 'done')).spec.sealed).toBe(true);
  });

  test('says that there is no such Transaction', async () => {
    const { code, stderr } = await cluster.janus(['seal', 'absent', '-n', 'shop']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: There is no Transaction absent in namespace shop/);
  });
});

describe('recover', () => {
  async function failed(name: string, status: object): Promise<void> {
    await transaction(name);
    await cluster.janus(['add', name, '--type', 'Delete', '--target', 'cm/gone', '-n', 'shop']);
    await cluster.janus(['add', name, '--type', 'Create', '--target', 'ns/new', '-f', '-', '--order', '1', '-n', 'shop'], {
      stdin: 'apiVersion: v1\nkind: Namespace\n',
    });
    await cluster.janus(['add', name, '--type', 'Patch', '--target', 'cm/kept', '-f', '-', '--order', '2', '-n', 'shop'], {
      stdin: 'data: {a: b}',
    });
    await setStatus(name, status);
  }

  async function setStatus(name: string, status: object): Promise<void> {
    await cluster.kubectl(
      'patch',
      'transaction',
      name,
      '-n',
      'shop',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status: { version: 1, ...status } }),
    );
  }

  const item = (name: string, more: object = {}) => ({ name, prepared: true, committed: true, rolledBack: false, ...more });
  const THREE = (name: string) => [
    item(`${name}-delete-gone`, { rolledBack: true, resourceVersion: '5' }),
    item(`${name}-create-new`),
    item(`${name}-patch-kept`, { resourceVersion: '7', error: 'conflict: stored RV 7, current RV 9' }),
  ];

  test('plan lists what is left in the order of the rollback, and exits with 1', async () => {
    await failed('plan', { phase: 'Failed', items: THREE('plan') });
    expect(await cluster.janus(['recover', 'plan', 'plan', '-n', 'shop'])).toEqual({
      code: 1,
      stdout: [
        'Transaction: plan (namespace: shop)',
        '',
        'Rollback plan:',
        '  - [conflict] RESTORE ConfigMap/shop/kept (plan-patch-kept)',
        '  - [pending]  DELETE Namespace/new (plan-create-new)',
        '  - [done]     RESTORE ConfigMap/shop/gone (plan-delete-gone)',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  test('plan exits with 0 where nothing is left', async () => {
    await failed('clean', { phase: 'RolledBack', items: [item('clean-delete-gone', { rolledBack: true })] });
    expect((await cluster.janus(['recover', 'plan', 'clean', '-n', 'shop'])).code).toBe(0);
  });

  test('apply asks the executor, waits for it, and says what became of each change', async () => {
    await failed('mend', { phase: 'Failed', items: THREE('mend') });
    const running = cluster.janus(['recover', 'apply', 'mend', '-n', 'shop', '--force']);
    await expect
      .poll(async () => (await read('transaction', 'mend')).metadata.annotations?.['tx.janus.io/retry-rollback'], { timeout: 180_000 })
      .toBe('force');
    // What the executor does when it takes the request up.
    await setStatus('mend', {
      phase: 'Failed',
      items: [
        item('mend-delete-gone', { rolledBack: true }),
        item('mend-create-new', { rolledBack: true }),
        item('mend-patch-kept', { error: 'conflict: stored RV 7, current RV 11' }),
      ],
    });
    await cluster.kubectl('annotate', 'transaction', 'mend', '-n', 'shop', 'tx.janus.io/retry-rollback-');
    expect(await running).toEqual({
      code: 1,
      stdout: [
        '  - RESTORE ConfigMap/shop/kept (mend-patch-kept) ... CONFLICT (stored RV 7, current RV 11)',
        '  - DELETE Namespace/new (mend-create-new) ... OK',
        '',
      ].join('\n'),
      stderr: '\n1 item(s) failed. Re-run with --force to override conflicts.\n',
    });
  });

  test('apply says so where everything has been undone', async () => {
    await failed('whole', { phase: 'Failed', items: THREE('whole') });
    const running = cluster.janus(['recover', 'apply', 'whole', '-n', 'shop']);
    await expect
      .poll(async () => (await read('transaction', 'whole')).metadata.annotations?.['tx.janus.io/retry-rollback'], { timeout: 180_000 })
      .toBe('true');
    await setStatus('whole', { phase: 'RolledBack', items: THREE('whole').map((one) => ({ ...one, rolledBack: true })) });
    await cluster.kubectl('annotate', 'transaction', 'whole', '-n', 'shop', 'tx.janus.io/retry-rollback-');
    const { code, stdout } = await running;
    expect(code).toBe(0);
    expect(stdout).toMatch(/OK\n\nAll pending items applied successfully\.\n$/);
  });

  test('apply gives up when no executor answers, and says what to look at', async () => {
    await failed('alone', { phase: 'Failed', items: THREE('alone') });
    const { code, stderr } = await cluster.janus(['recover', 'apply', 'alone', '-n', 'shop', '--wait', '1s']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: The executor has not finished within 1 s \(phase Failed\): check that the operator runs/);
  });

  test.each([
    [undefined, /has not begun, so there is nothing to recover/],
    ['Committing', /is Committing, at work: wait until it has ended\./],
    [
      'Committed',
      /is Committed, so there is no rollback to finish\. To undo it: kubectl annotate transaction at-committed -n shop tx\.janus\.io\/request-rollback=true/,
    ],
    ['RolledBack', /is RolledBack: nothing of it is left to undo\./],
  ])('apply refuses a transaction in phase %s with its next step', async (phase, words) => {
    const name = `at-${(phase ?? 'none').toLowerCase()}`;
    await transaction(name);
    if (phase !== undefined) await setStatus(name, { phase, items: [] });
    const { code, stderr } = await cluster.janus(['recover', 'apply', name, '-n', 'shop']);
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
    expect((await read('transaction', name)).metadata.annotations).toBeUndefined();
  });
});

describe('rights', () => {
  test('that are missing are named: who, what, where', async () => {
    await cluster.kubectl('create', 'serviceaccount', 'weak', '-n', 'shop');
    const token = (await cluster.kubectl('create', 'token', 'weak', '-n', 'shop')).trim();
    const kubeconfig = file(
      'weak.kubeconfig',
      (await cluster.kubectl('config', 'view', '--raw', '--flatten'))
        .replace(/client-(certificate|key)-data: .*/g, '')
        .replace(/^( *)user:\s*(\{\})?\s*$/m, `$1user:\n$1  token: ${token}`),
    );
    const { code, stderr, stdout } = await cluster.janus(['create', 'x', '--sa', 'deployer', '-n', 'shop', '--kubeconfig', kubeconfig]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'Error: User "system:serviceaccount:shop:weak" may not create transactions.tx.janus.io in namespace shop: ask an administrator for a role that allows it, or choose another context with --context.\n',
    );
    expect(stderr).not.toContain(token);
  });

  test('that a wrong token lacks are told from those', async () => {
    const { server } = JSON.parse(await cluster.kubectl('config', 'view', '--raw', '-o', 'json')).clusters[0].cluster;
    const kubeconfig = file(
      'wrong.kubeconfig',
      `apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: "${server}", insecure-skip-tls-verify: true}}]\nusers: [{name: u, user: {token: nonsense}}]\n`,
    );
    expect((await cluster.janus(['seal', 'x', '--kubeconfig', kubeconfig])).stderr).toMatch(
      /^Error: The API server does not accept your credentials: log in again/,
    );
  });
});

test('A cluster without our resources is told from one without the Transaction', async () => {
  await cluster.kubectl('delete', 'crd', 'transactions.tx.janus.io', 'resourcechanges.tx.janus.io');
  const sentence =
    'Error: This cluster does not know Transactions (tx.janus.io/v1alpha1): install Janus in it, or choose another context with --context.\n';
  for (const args of [
    ['create', 'x', '--sa', 'default'],
    ['seal', 'x'],
    ['add', 'x', '--type', 'Delete', '--target', 'cm/a'],
    ['recover', 'plan', 'x'],
  ]) {
    expect(await cluster.janus(args)).toEqual({ code: 1, stdout: '', stderr: sentence });
  }
});
