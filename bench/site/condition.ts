import { setTimeout as after } from 'node:timers/promises';

/** Asks `holds` every 50 ms until it says yes. Throws after `limitMs`, naming `what`. */
export async function until(what: string, limitMs: number, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${Math.round(limitMs / 1000)} s`);
    await after(50);
  }
}
