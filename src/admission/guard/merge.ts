import { guardEntries, type GuardHolder } from '../../lock/guard/entries.ts';
import type { GuardNeed } from '../../lock/guard/need.ts';
import type { Reach, Webhook } from '../webhook-configuration.ts';
import { guardWebhook, holderOfWebhook, redirected } from './configuration.ts';

/** What one transaction is to have guarded. */
export interface WantedGuards {
  readonly attempt: number;
  readonly needs: readonly GuardNeed[];
}

/** What this process wants of the configuration, by uid of the Transaction. */
export interface Wanted {
  readonly up: ReadonlyMap<string, WantedGuards>;
  /** Guards of these attempts and earlier ones are to go. */
  readonly down: ReadonlyMap<string, number>;
}

/**
 * The guards of a configuration as they are to be, the probe's entry apart. What this process has put up is there as it was put
 * up, whoever edited it; what others put up stays as it was first seen, with the way to reach us; a later attempt of another
 * executor is never touched. What is no guard goes: the configuration is ours alone.
 * @param standing what is there, with what was known to be there and somebody has taken away
 */
export function mergedGuards(standing: readonly Webhook[], wanted: Wanted, reach: Reach): readonly Webhook[] {
  const kept: Webhook[] = [];
  const outrun = new Set<string>();
  for (const webhook of standing) {
    const holder = holderOfWebhook(webhook);
    if (holder === undefined || isOver(holder, wanted)) continue;
    if (wanted.up.has(holder.transaction)) outrun.add(holder.transaction);
    kept.push(redirected(webhook, holder, reach));
  }
  const own = [...wanted.up].flatMap(([transaction, { attempt, needs }]) =>
    outrun.has(transaction) ? [] : guardEntries({ transaction, attempt }, needs).map((entry) => guardWebhook(entry, reach)),
  );
  return [...kept, ...own];
}

/** What was known to be there, however somebody has changed it, and what has come since. */
export function standingGuards(known: readonly Webhook[], live: readonly Webhook[]): readonly Webhook[] {
  return [...known, ...live.filter(({ name }) => !known.some((webhook) => webhook.name === name))];
}

function isOver({ transaction, attempt }: GuardHolder, { up, down }: Wanted): boolean {
  return attempt <= Math.max(up.get(transaction)?.attempt ?? 0, down.get(transaction) ?? 0);
}
