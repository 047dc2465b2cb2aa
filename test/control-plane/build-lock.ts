import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Times in milliseconds. */
export interface LockTimes {
  /** How often the holder shows that it lives. */
  readonly beat: number;
  /** A lock without a sign of life for so long is up for anyone. */
  readonly stale: number;
  /** How often a waiting process looks again. */
  readonly look: number;
}

const TIMES: LockTimes = { beat: 5_000, stale: 60_000, look: 500 };

/**
 * Runs `work` while no other process of this user does so under the same lock file. Whoever waits calls `waiting` each time
 * it looks. A dead holder's lock is taken over. It saves work and proves nothing: after an unlucky takeover two may run,
 * so results must be put in place atomically.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  waiting: (holder: string) => void,
  times: LockTimes = TIMES,
): Promise<T> {
  for (;;) {
    if (await acquire(path)) break;
    const holder = await readHolder(path);
    if (holder === undefined) continue;
    if (await isStale(path, holder, times)) {
      await takeAway(path, holder.text);
      continue;
    }
    waiting(`process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`);
    await delay(times.look);
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), times.beat);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly text: string;
}

// A hard link appears together with its content; a file created in place would be empty for a moment.
async function acquire(path: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() }));
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { pid, host } = JSON.parse(text) as { pid?: unknown; host?: unknown };
    return { pid: typeof pid === 'number' ? pid : 0, host: typeof host === 'string' ? host : '', text };
  } catch {
    return { pid: 0, host: '', text };
  }
}

// The age covers what process ids cannot: another machine or container on the same folder, and ids used again.
async function isStale(path: string, holder: Holder, times: LockTimes): Promise<boolean> {
  if (holder.host === hostname() && !isAlive(holder.pid)) return true;
  const seen = await stat(path).catch(() => undefined);
  return seen !== undefined && Date.now() - seen.mtimeMs > times.stale;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

// Of several that see the same stale lock only one can move it; one that moved a fresh lock by mistake puts it back.
async function takeAway(path: string, staleText: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== staleText) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
