import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fromFolder } from './assets-dir.ts';
import type { Offer } from './binaries.ts';
import { withLock } from './build-lock.ts';

/** The folder of our own Go program, which is every component in one executable. */
export const GO_FOLDER = join(import.meta.dirname, 'go');

const PARTIAL = '.partial-';
const ORPHAN_AFTER_MS = 3_600_000;

/** Where built and downloaded binaries are kept between runs: `$XDG_CACHE_HOME/janus/control-plane`, else under `~/.cache`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'janus', 'control-plane');
}

/** Twelve hex digits that change whenever what is built from the folder changes. */
export async function stampOf(goFolder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(await readFile(join(goFolder, name)));
  return hash.digest('hex').slice(0, 12);
}

/** An entry of the cache, if it is there. It is whole then, because entries appear by rename. */
export async function fromCache(entry: string): Promise<Offer> {
  const there = await stat(entry).catch(() => undefined);
  return there?.isDirectory() ? fromFolder(entry) : { missing: `nothing at ${entry}` };
}

/**
 * Lets `fill` make the content of a cache entry aside, then puts it in place in one step. One process at a time does so; the others
 * wait, calling `waiting`, and take what it made. Throws what `fill` throws.
 */
export async function addToCache(
  entry: string,
  fill: (folder: string) => Promise<void>,
  waiting: (holder: string) => void,
): Promise<Offer> {
  await mkdir(dirname(entry), { recursive: true });
  return withLock(
    `${entry}.lock`,
    async () => {
      const made = await fromCache(entry);
      if ('binaries' in made) return made;
      await removeOrphans(entry);
      await fillAside(entry, fill);
      return fromCache(entry);
    },
    waiting,
  );
}

async function fillAside(entry: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const aside = await mkdtemp(`${entry}${PARTIAL}`);
  try {
    await fill(aside);
    // An entry that is there and was no good to `fromCache` is somebody's remains.
    await rm(entry, { recursive: true, force: true });
    await rename(aside, entry);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

// What a process left that was killed while it filled an entry.
async function removeOrphans(entry: string): Promise<void> {
  const folder = dirname(entry);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(entry)}${PARTIAL}`)) continue;
    const path = join(folder, name);
    const seen = await stat(path).catch(() => undefined);
    if (seen !== undefined && Date.now() - seen.mtimeMs > ORPHAN_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
