import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addToCache, cacheRoot, fromCache, GO_FOLDER, stampOf } from './cache.ts';
import { executableAt, scratchFolder } from './scratch.ts';

const ignore = (): void => undefined;

async function fillWithTwo(folder: string): Promise<void> {
  await executableAt(join(folder, 'etcd'));
  await executableAt(join(folder, 'kube-apiserver'));
}

test('the cache is where the platform keeps caches', () => {
  expect(cacheRoot({ XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'janus', 'control-plane'));
  expect(cacheRoot({})).toBe(join(homedir(), '.cache', 'janus', 'control-plane'));
});

describe('the stamp', () => {
  test('changes with each of the files that a build is made from', async () => {
    const folder = await scratchFolder();
    const stamps = new Set<string>();
    for (const name of ['main.go', 'go.mod', 'go.sum']) await writeFile(join(folder, name), 'a');
    stamps.add(await stampOf(folder));
    for (const name of ['main.go', 'go.mod', 'go.sum']) {
      await writeFile(join(folder, name), 'b');
      stamps.add(await stampOf(folder));
    }
    expect(stamps.size).toBe(4);
  });

  test('of our own program is twelve digits, the same each time', async () => {
    expect(await stampOf(GO_FOLDER)).toMatch(/^[0-9a-f]{12}$/);
    expect(await stampOf(GO_FOLDER)).toBe(await stampOf(GO_FOLDER));
  });
});

describe('adding to the cache', () => {
  test('makes an entry that is found afterwards, and leaves nothing beside it', async () => {
    const entry = join(await scratchFolder(), 'new', 'entry');
    expect(await fromCache(entry)).toEqual({ missing: `nothing at ${entry}` });
    expect(await addToCache(entry, fillWithTwo, ignore)).toEqual(await fromCache(entry));
    expect(await fromCache(entry)).toMatchObject({ binaries: { etcd: join(entry, 'etcd') } });
    expect(await readdir(dirname(entry))).toEqual(['entry']);
  });

  test('is not done a second time', async () => {
    const entry = join(await scratchFolder(), 'entry');
    await addToCache(entry, fillWithTwo, ignore);
    const again = addToCache(entry, () => Promise.reject(new Error('was called')), ignore);
    expect(await again).toMatchObject({ binaries: {} });
  });

  test('leaves nothing when it fails', async () => {
    const entry = join(await scratchFolder(), 'entry');
    const failing = addToCache(
      entry,
      async (folder) => {
        await writeFile(join(folder, 'half'), '');
        throw new Error('no space left');
      },
      ignore,
    );
    await expect(failing).rejects.toThrow('no space left');
    expect(await readdir(dirname(entry))).toEqual([]);
  });

  test('happens once when two ask at the same time, and the other waits for it', async () => {
    const entry = join(await scratchFolder(), 'entry');
    let fills = 0;
    let release = ignore;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const fill = async (folder: string): Promise<void> => {
      fills += 1;
      await held;
      await fillWithTwo(folder);
    };
    const waited: string[] = [];
    const wait = (holder: string): void => {
      waited.push(holder);
      release();
    };
    const both = await Promise.all([addToCache(entry, fill, wait), addToCache(entry, fill, wait)]);
    expect(both[0]).toEqual(both[1]);
    expect(fills).toBe(1);
    expect(waited[0]).toBe(`process ${process.pid}`);
  });

  test('removes what a killed process left an hour ago, but nothing younger', async () => {
    const entry = join(await scratchFolder(), 'entry');
    const [old, young] = [`${entry}.partial-old`, `${entry}.partial-young`];
    for (const folder of [old, young]) await mkdir(folder);
    const twoHoursAgo = new Date(Date.now() - 7_200_000);
    await utimes(old, twoHoursAgo, twoHoursAgo);
    await addToCache(entry, fillWithTwo, ignore);
    expect((await readdir(dirname(entry))).sort()).toEqual(['entry', basename(young)]);
  });

  test('replaces an entry that is of no use', async () => {
    const entry = join(await scratchFolder(), 'entry');
    await mkdir(entry);
    await writeFile(join(entry, 'etcd'), 'not executable');
    expect(await addToCache(entry, fillWithTwo, ignore)).toMatchObject({ binaries: {} });
  });
});
