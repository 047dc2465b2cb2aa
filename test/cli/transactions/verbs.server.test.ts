import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCK_LABEL } from '../../../src/lock/label.ts';
import { STREAM_SCHEMA, type StreamEvent } from '../../../src/cli/follow/stream-schema.ts';
import type { Transaction } from '../../../src/api/transaction.ts';
import { hold } from '../../janus/holding.ts';
import { eventually } from '../../janus/objects.ts';
import { bootCluster, type Cluster } from '../../janus/running.ts';
import {
  configMap,
  draft,
  find,
  inPhase,
  makeConfigMap,
  makeNamespace,
  makeServiceAccount,
  plain,
  refOf,
  transact,
  type Change,
} from '../../janus/transacting.ts';
import { runJanus, type Ended, type RunOptions } from '../janus.ts';

let cluster: Cluster;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

const patched = (name: string, order = 0): Change => ({ type: 'Patch', name, content: { data: { a: '2' } }, order });

const janus = (args: readonly string[], { env = {}, ...options }: RunOptions = {}): Promise<Ended> =>
  runJanus([...args, '-n', namespace], { ...options, env: { KUBECONFIG: cluster.controlPlane.kubeconfig, ...env } });

/** Lines of the stream, each of the documented form. */
const linesOf = (stdout: string): readonly StreamEvent[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => STREAM_SCHEMA.parse(JSON.parse(line)));

const nameOf = ({ metadata }: Transaction): string => metadata.name ?? '';

/** A Transaction that is Committed, and the ConfigMap it has changed. */
async function committed(name: string): Promise<Transaction> {
  await makeConfigMap(cluster.admin, namespace, name, { a: '1' });
  return transact(cluster.admin, namespace, [patched(name)], { description: `change ${name}` });
}

/** One that was refused as a whole: its ServiceAccount may do nothing. */
async function refused(): Promise<Transaction> {
  await makeServiceAccount(cluster.admin, namespace, 'powerless').catch(() => undefined);
  return transact(cluster.admin, namespace, [patched('settings')], { serviceAccountName: 'powerless' });
}

describe('looking at Transactions', () => {
  test('get prints a line each, or the object as the server has it', async () => {
    const name = nameOf(await committed('get'));
    const table = await janus(['get', name]);
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toMatch(new RegExp(`^NAME +PHASE +DONE +HOLDER +AGE\n${name} +Committed +1/1 +admin +\\d+s\n$`));
    const json = JSON.parse((await janus(['get', name, '-o', 'json'])).stdout) as Transaction;
    expect([json.kind, json.status?.phase, 'managedFields' in json.metadata]).toEqual(['Transaction', 'Committed', false]);
    expect((await janus(['get', name, '-o', 'yaml'])).stdout).toMatch(/^apiVersion: tx\.janus\.io\/v1alpha1\nkind: Transaction\n/);
    expect((await janus(['get', name, '-o', 'name'])).stdout).toBe(`transaction.tx.janus.io/${name}\n`);
  });

  test('a name in error gets the nearest one, and the namespace where there is one', async () => {
    const name = nameOf(await committed('near'));
    const typo = await janus(['status', `${name}x`]);
    expect([typo.code, typo.stderr]).toEqual([
      1,
      `Error: There is no Transaction ${name}x in namespace ${namespace}. Did you mean ${name}?\n`,
    ]);
    const elsewhere = await runJanus(['status', name, '-n', 'kube-system'], { env: { KUBECONFIG: cluster.controlPlane.kubeconfig } });
    expect(elsewhere.stderr).toContain(`but there is one in ${namespace}: add "-n ${namespace}"`);
    expect((await janus(['get', 'no-such-thing-at-all'])).stderr).toContain('"janus list -A" lists all');
  });

  test('status shows each change, and the next command as it is to be typed', async () => {
    const name = nameOf(await committed('status'));
    const { code, stdout } = await janus(['status', name]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^Transaction ${namespace}/${name}: Committed\nFor: +change status\nAs: +ServiceAccount deployer, sealed by admin\n`),
    );
    expect(stdout).toContain(`applied   Patch   ConfigMap ${namespace}/status   -`);
    expect(stdout).toContain(`Next: "janus rollback ${name} -n ${namespace}" takes it back`);
    const coloured = await janus(['status', name], { env: { FORCE_COLOR: '1' } });
    expect(coloured.stdout).toContain('\u001b[32mCommitted\u001b[39m');
    expect(coloured.stdout).toContain('\u001b[32mapplied\u001b[39m');
  });

  test('list and history choose by phase, end and label', async () => {
    const done = await committed('listed');
    const open = await draft(cluster.admin, namespace, [patched('listed')]);
    await cluster.admin.patch(refOf(done), { type: 'merge', patch: { metadata: { labels: { team: 'shop' } } } });
    const names = async (...args: readonly string[]): Promise<readonly string[]> =>
      (await janus([...args, '-o', 'name'])).stdout.split('\n');
    const [a, b] = [done, open].map((one) => `transaction.tx.janus.io/${nameOf(one)}`);
    expect(await names('list')).toEqual(expect.arrayContaining([a, b]));
    expect(await names('list', '--phase', 'Unsealed')).toContain(b);
    expect(await names('list', '--phase', 'Unsealed')).not.toContain(a);
    expect(await names('history')).toContain(a);
    expect(await names('history')).not.toContain(b);
    expect(await names('history', '-l', 'team=shop')).toEqual([a, '']);
    expect((await janus(['history', '-A'])).stdout).toMatch(/^NAMESPACE +NAME +OUTCOME +CHANGES +ENDED +TOOK +HOLDER +DESCRIPTION\n/);
  });

  test('an empty list is empty on stdout, and says so on stderr', async () => {
    expect(await janus(['list', '-l', 'none=such'])).toEqual({
      code: 0,
      stdout: '',
      stderr: `There are no such Transactions in namespace ${namespace}; -A looks at all.\n`,
    });
    expect((await janus(['list', '-l', 'none=such', '-q'])).stderr).toBe('');
    expect(JSON.parse((await janus(['list', '-l', 'none=such', '-o', 'json'])).stdout)).toEqual({
      apiVersion: 'v1',
      kind: 'List',
      items: [],
    });
  });

  test('a phase in error gets the nearest one', async () => {
    expect(await janus(['list', '--phase', 'Comitted'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean Committed?'),
    });
  });

  test('-v tells each request', async () => {
    expect((await janus(['list', '-v'])).stderr).toMatch(new RegExp(`GET transactions\\.tx\\.janus\\.io ${namespace}: 200, \\d+ ms`));
  });
});

describe('what has happened', () => {
  test('is told in the documented form, to its end', async () => {
    const done = await committed('told');
    const { code, stdout } = await janus(['events', nameOf(done), '-o', 'json']);
    expect(code).toBe(0);
    const lines = linesOf(stdout);
    expect(lines.at(-1)).toMatchObject({ type: 'end', phase: 'Committed', exitCode: 0 });
    expect(lines).toContainEqual(expect.objectContaining({ type: 'change', state: 'applied', object: `ConfigMap ${namespace}/told` }));
    expect((await janus(['events', nameOf(done)])).stdout).toMatch(new RegExp(`applied ConfigMap ${namespace}/told`));
  });

  test('goes on while it is watched, Events of the cluster included, and ends with the code of the end', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'followed', { a: '1' });
    const held = await hold(admin, namespace, [patched('followed', 1)]);
    const name = nameOf(held.transaction);
    const running = janus(['events', name, '-w', '-o', 'json']);
    await eventually('an Event is told', async () => (await janus(['events', name])).stdout.includes('PhaseTransition: '));
    await held.release();
    const { code, stdout } = await running;
    const lines = linesOf(stdout);
    expect([code, lines.at(-1)]).toMatchObject([0, { type: 'end', phase: 'Committed' }]);
    expect(lines).toContainEqual(expect.objectContaining({ type: 'change', state: 'applied', object: `ConfigMap ${namespace}/followed` }));
    expect(lines).toContainEqual(expect.objectContaining({ type: 'event', reason: 'PhaseTransition' }));
  });

  test('watch without a terminal is a line an event, and ends with 3 where it was rolled back', async () => {
    const { code, stdout, stderr } = await janus(['watch', nameOf(await refused())]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/RolledBack/);
    expect(stdout).toMatch(/ended: RolledBack\n$/);
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toMatch(/did not commit: .*powerless/s);
  });
});

describe('wait', () => {
  test('ends once the goal is reached, and says which', async () => {
    const held = await hold(cluster.admin, namespace, []);
    const name = nameOf(held.transaction);
    const running = janus(['wait', name, '--for', 'committed']);
    await held.release();
    expect(await running).toEqual({ code: 0, stdout: `transaction.tx.janus.io/${name} committed\n`, stderr: '' });
    expect((await janus(['wait', name, '--for', 'Ended'])).code).toBe(0);
  });

  test('ends at once with 3 where it was rolled back instead', async () => {
    const name = nameOf(await refused());
    const { code, stderr, stdout } = await janus(['wait', name]);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(new RegExp(`^Error: Transaction ${namespace}/${name} is not committed but RolledBack: `));
  });

  test('ends with 5 where the time is up, and says that it goes on', async () => {
    const held = await hold(cluster.admin, namespace, []);
    const { code, stderr } = await janus(['wait', nameOf(held.transaction), '--timeout', '1ms']);
    expect([code, stderr]).toEqual([5, expect.stringContaining('goes on: "janus watch')]);
    await held.release();
  });

  test('refuses a goal that there is not', async () => {
    expect(await janus(['wait', 'x', '--for', 'commited'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean committed?'),
    });
  });
});

describe('rollback', () => {
  test('takes a Committed one back, waits for it, and says so again', async () => {
    const { admin } = cluster;
    const before = await makeConfigMap(admin, namespace, 'taken', { a: '1' });
    const name = nameOf(await transact(admin, namespace, [patched('taken')]));
    expect(await janus(['rollback', name, '--dry-run'])).toMatchObject({
      code: 0,
      stdout: `Transaction ${namespace}/${name} rollback requested (server dry run)\n`,
    });
    const said = { code: 0, stdout: `Transaction ${namespace}/${name} rolled back\n` };
    expect(await janus(['rollback', name, '--wait'])).toMatchObject(said);
    expect(plain(await admin.get(configMap(namespace, 'taken')))).toEqual(plain(before));
    expect(await janus(['rollback', name, '--wait'])).toMatchObject(said);
  });

  test('ends with 1 where others have changed what it wrote, and says what shows it', async () => {
    const { admin } = cluster;
    const name = nameOf(await committed('changed'));
    await admin.patch(configMap(namespace, 'changed'), { type: 'merge', patch: { data: { a: '3' } } });
    const { code, stderr } = await janus(['rollback', name, '--wait']);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`"janus recover plan ${name} -n ${namespace}"`)]);
    // It is Failed now, which has commands of its own; and it is not deleted while something is left.
    expect((await janus(['rollback', name])).stderr).toContain('has Failed: "janus recover plan');
    expect((await janus(['abort', name])).stderr).toContain('has Failed: "janus recover plan');
    expect(await janus(['delete', name])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('1 changes left to undo, so it is not deleted'),
    });
  });

  test('of one that runs points to abort, and of one that is not sealed too', async () => {
    const name = nameOf(await draft(cluster.admin, namespace, []));
    expect(await janus(['rollback', name])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`is Unsealed, not Committed: "janus abort ${name}`),
    });
  });
});

describe('abort', () => {
  test('deletes what was not sealed', async () => {
    const drafted = await draft(cluster.admin, namespace, [patched('x')]);
    const name = nameOf(drafted);
    expect((await janus(['abort', name, '--dry-run'])).code).toBe(0);
    expect(await find(cluster.admin, refOf(drafted))).toBeDefined();
    expect(await janus(['abort', name])).toMatchObject({
      code: 0,
      stdout: `Transaction ${namespace}/${name} deleted: it was not sealed, and had changed nothing\n`,
    });
    expect(await find(cluster.admin, refOf(drafted))).toBeUndefined();
  });

  test('rolls back what runs, and leaves it to be read', async () => {
    const { admin } = cluster;
    const before = await makeConfigMap(admin, namespace, 'aborted', { a: '1' });
    const { transaction } = await hold(admin, namespace, [patched('aborted')]);
    const name = nameOf(transaction);
    expect(await janus(['abort', name, '--wait'])).toMatchObject({ code: 0, stdout: `Transaction ${namespace}/${name} rolled back\n` });
    expect(plain(await admin.get(configMap(namespace, 'aborted')))).toEqual(plain(before));
    expect((await janus(['status', name])).stdout).toContain('its rollback was requested before its end');
    expect((await janus(['abort', name])).stderr).toContain('is rolled back already');
  });

  test('of a Committed one points to rollback', async () => {
    expect((await janus(['abort', nameOf(await committed('late'))])).stderr).toContain(
      'is Committed, so there is nothing to abort: "janus rollback',
    );
  });
});

describe('delete', () => {
  test('takes a Committed one away, keeps what it did, and says so', async () => {
    const done = await committed('kept');
    const name = nameOf(done);
    expect((await janus(['delete', name, '--dry-run'])).stdout).toBe(`Transaction ${namespace}/${name} deleted (server dry run)\n`);
    expect(await find(cluster.admin, refOf(done))).toBeDefined();
    const { code, stderr, stdout } = await janus(['delete', name]);
    expect([code, stdout]).toEqual([0, `Transaction ${namespace}/${name} deleted\n`]);
    expect(stderr).toContain(`What Transaction ${namespace}/${name} changed stays, and can no longer be rolled back.`);
    expect(await find(cluster.admin, refOf(done))).toBeUndefined();
    expect((await cluster.admin.get(configMap(namespace, 'kept')))['data']).toEqual({ a: '2' });
  });

  test('rolls back first what runs, and then it is gone', async () => {
    const { admin } = cluster;
    const before = await makeConfigMap(admin, namespace, 'gone', { a: '1' });
    const { transaction } = await hold(admin, namespace, [patched('gone')]);
    const { code, stderr } = await janus(['delete', nameOf(transaction)]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('is Committing: it is rolled back first.')]);
    expect(await find(admin, refOf(transaction))).toBeUndefined();
    const after = await admin.get(configMap(namespace, 'gone'));
    expect([plain(after), after.metadata.labels?.[LOCK_LABEL]]).toEqual([plain(before), undefined]);
  });

  test('waits no longer than it may, and says that it goes on', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'slow', { a: '1' });
    const { transaction } = await hold(admin, namespace, [patched('slow')]);
    const { code } = await janus(['delete', nameOf(transaction), '--timeout', '1ms']);
    expect(code).toBe(5);
    await inPhase(admin, transaction, 'RolledBack');
    expect((await janus(['delete', nameOf(transaction)])).code).toBe(0);
  });
});
