import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withLock } from './build-lock.ts';
import { scratchFolder } from './scratch.ts';

const QUICK = { beat: 1_000, stale: 60_000, look: 5 };
const ignore = (): void => undefined;

async function lockPath(): Promise<string> {
  return join(await scratchFolder(), 'lock');
}

async function deadPid(): Promise<number> {
  const child = spawn('/bin/sh', ['-c', 'exit 0']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('the build lock', () => {
  test('lets one in at a time, in whatever order, and everybody in the end', async () => {
    const path = await lockPath();
    let inside = 0;
    let most = 0;
    const work = async (): Promise<number> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      return 1;
    };
    const done = await Promise.all(Array.from({ length: 12 }, () => withLock(path, work, ignore, QUICK)));
    expect(done).toHaveLength(12);
    expect(most).toBe(1);
    expect(await readdir(dirname(path))).toEqual([]);
  });

  test('is free again after a failure', async () => {
    const path = await lockPath();
    await expect(withLock(path, () => Promise.reject(new Error('broken')), ignore, QUICK)).rejects.toThrow('broken');
    expect(await withLock(path, () => Promise.resolve('in'), ignore, QUICK)).toBe('in');
  });

  test('is taken over from a process that is gone', async () => {
    const path = await lockPath();
    await writeFile(path, JSON.stringify({ pid: await deadPid(), host: hostname() }));
    const waited: string[] = [];
    expect(
      await withLock(
        path,
        () => Promise.resolve('in'),
        (holder) => waited.push(holder),
        QUICK,
      ),
    ).toBe('in');
    expect(waited).toEqual([]);
  });

  test('is taken over from a process elsewhere that has shown no life for long, and not before', async () => {
    const path = await lockPath();
    await writeFile(path, JSON.stringify({ pid: 1, host: 'another-machine' }));
    const waited: string[] = [];
    const wait = (holder: string): void => {
      waited.push(holder);
      const longAgo = new Date(Date.now() - 120_000);
      void utimes(path, longAgo, longAgo).catch(ignore);
    };
    expect(await withLock(path, () => Promise.resolve('in'), wait, QUICK)).toBe('in');
    expect(waited[0]).toBe('process 1 on another-machine');
  });

  test('is taken over when what is in it makes no sense', async () => {
    const path = await lockPath();
    await writeFile(path, 'not JSON');
    const longAgo = new Date(Date.now() - 120_000);
    await utimes(path, longAgo, longAgo);
    expect(await withLock(path, () => Promise.resolve('in'), ignore, QUICK)).toBe('in');
  });

  test('lets one in at a time after a takeover by many at once', async () => {
    const path = await lockPath();
    await writeFile(path, JSON.stringify({ pid: await deadPid(), host: hostname() }));
    const done = await Promise.all(Array.from({ length: 8 }, () => withLock(path, () => Promise.resolve(1), ignore, QUICK)));
    expect(done).toHaveLength(8);
    expect(await readdir(dirname(path))).toEqual([]);
  });
});
