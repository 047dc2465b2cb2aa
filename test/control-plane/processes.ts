import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';

/** Ids of the live processes whose command line contains the text. Those that ended and were not yet waited for do not count. */
export async function processesMentioning(text: string): Promise<readonly number[]> {
  return process.platform === 'linux' ? fromProc(text) : fromPs(text);
}

/** Waits until a condition holds; throws what `otherwise` says when it does not within the time, in milliseconds. */
export async function eventually(
  holds: () => Promise<boolean>,
  otherwise: () => Promise<string> | string,
  withinMs = 15_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(await otherwise());
    await delay(20);
  }
}

/** Waits until no live process mentions the text. */
export async function untilNoneMentions(text: string): Promise<void> {
  const left = (): Promise<readonly number[]> => processesMentioning(text);
  await eventually(
    async () => (await left()).length === 0,
    async () => `processes ${(await left()).join(', ')} are still there`,
  );
}

// A process that ended has an empty command line until somebody waits for it. The image of a slim container has no ps.
async function fromProc(text: string): Promise<readonly number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(ids.map(async (id) => (await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')).includes(text)));
  return ids.filter((_id, index) => found[index]).map(Number);
}

async function fromPs(text: string): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(text))
    .map((line) => Number.parseInt(line, 10));
}
