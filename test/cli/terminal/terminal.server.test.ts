import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../../../src/api/transaction.ts';
import { hold } from '../../janus/holding.ts';
import { bootCluster, type Cluster } from '../../janus/running.ts';
import { makeConfigMap, makeNamespace, transact, type Change } from '../../janus/transacting.ts';
import { BIN_FOLDER, runJanus } from '../janus.ts';
import { CTRL_C, onTerminal } from './pty.ts';
import { screenOf } from './screen.ts';

let cluster: Cluster;
let namespace: string;
let done: Transaction;
let env: Record<string, string>;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
  await makeConfigMap(cluster.admin, namespace, 'settings', { a: '1' });
  done = await transact(cluster.admin, namespace, [patched('settings')], {
    description: 'a description that is rather too long for a line of eighty columns',
  });
  env = { KUBECONFIG: cluster.controlPlane.kubeconfig };
});
afterAll(() => cluster?.stop());

const patched = (name: string, order = 0): Change => ({ type: 'Patch', name, content: { data: { a: '2' } }, order });
const nameOf = ({ metadata }: Transaction): string => metadata.name ?? '';

describe('output on a terminal', () => {
  test.each([80, 200])('of %i columns is coloured, fits, and is without colours the same', async (columns) => {
    const args = ['history', '-n', namespace];
    const coloured = await onTerminal(args, { columns, env }).ended;
    const plain = await onTerminal(args, { columns, env: { ...env, NO_COLOR: '1' } }).ended;
    expect([coloured.code, plain.code]).toEqual([0, 0]);
    expect(coloured.written).toContain('\u001b[32mCommitted\u001b[39m');
    expect(plain.written).not.toContain('\u001b');
    const ages = (text: string): string => text.replace(/\d+s ago/g, 'now').replace(/ +/g, ' ');
    expect(ages(stripVTControlCharacters(coloured.written))).toBe(ages(plain.written));
    expect(plain.written.split('\n').filter((line) => line.length > columns)).toEqual([]);
    expect(plain.written.includes('…')).toBe(columns === 80);
  });

  test('of 30 columns is a block of lines for each Transaction', async () => {
    const { written } = await onTerminal(['history', '-n', namespace], { columns: 30, env }).ended;
    expect(stripVTControlCharacters(written)).toMatch(/^NAME +txn-\w+\nOUTCOME +Committed\nCHANGES +1\n/);
  });
});

describe('watching on a terminal', () => {
  test('rewrites one table until the Transaction rests, and gives the cursor back', async () => {
    await makeConfigMap(cluster.admin, namespace, 'watched', { a: '1' });
    const held = await hold(cluster.admin, namespace, [patched('watched', 1)]);
    const running = onTerminal(['watch', nameOf(held.transaction), '-n', namespace], { columns: 100, rows: 30, env });
    await running.until('the table shows what is locked', (written) =>
      screenOf(written, 100).some((line) => /locked +Patch +ConfigMap .*watched/.test(line)),
    );
    await held.release();
    const { code, written } = await running.ended;
    expect(code).toBe(0);
    const screen = screenOf(written, 100);
    expect(screen.filter((line) => line.startsWith('Transaction '))).toEqual([
      `Transaction ${namespace}/${nameOf(held.transaction)}: Committed`,
    ]);
    expect(screen.filter((line) => /^applied +Patch/.test(line))).toHaveLength(2);
    expect(screen.filter((line) => /locked/.test(line))).toEqual([]);
    expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'));
  });

  test('Ctrl-C ends the watching and the waiting, and nothing else', async () => {
    const held = await hold(cluster.admin, namespace, []);
    const name = nameOf(held.transaction);
    const watching = onTerminal(['watch', name, '-n', namespace], { columns: 80, env });
    await watching.until('it watches', (written) => written.includes('Committing'));
    watching.press(CTRL_C);
    const watched = await watching.ended;
    expect([watched.code, watched.written]).toEqual([
      130,
      expect.stringContaining(`Interrupted. Transaction ${namespace}/${name} goes on.`),
    ]);
    expect(watched.written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(watched.written.lastIndexOf('\u001b[?25l'));
    const waiting = onTerminal(['wait', name, '-n', namespace], { columns: 80, env });
    await waiting.until('it waits', (written) => written.includes('Committing'));
    waiting.press(CTRL_C);
    expect((await waiting.ended).code).toBe(130);
    expect((await held.release()).status?.phase).toBe('Committed');
  });

  test('Ctrl-C while a rollback is waited for leaves the rollback to go on', async () => {
    await makeConfigMap(cluster.admin, namespace, 'back', { a: '1' });
    const { transaction } = await hold(cluster.admin, namespace, [patched('back')]);
    const aborting = onTerminal(['abort', nameOf(transaction), '-n', namespace, '--wait'], { columns: 80, env });
    await aborting.until('it waits', (written) => written.includes(`${nameOf(transaction)}: `));
    aborting.press(CTRL_C);
    // It may have been over before the key was pressed.
    expect([0, 130]).toContain((await aborting.ended).code);
    const { code } = await runJanus(['wait', nameOf(transaction), '-n', namespace, '--for', 'rolledback'], { env });
    expect(code).toBe(0);
  });
});

describe('a pipe that is closed early', () => {
  test.each([['list', '-A'], ['history', '-o', 'json'], ['events', 'TXN', '-w'], ['--help']])('ends janus %s quietly', async (...args) => {
    const words = args.map((word) => (word === 'TXN' ? nameOf(done) : word)).join(' ');
    const line = `"$0" "$1" ${words} -n ${namespace} | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    const run = promisify(execFile)('bash', ['--norc', '-c', line, process.execPath, join(BIN_FOLDER, 'janus')], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    expect(await run).toEqual({ stdout: '0\n', stderr: '' });
  });
});
