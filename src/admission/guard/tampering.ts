import { isDeepStrictEqual } from 'node:util';
import { differencesOf, isWrittenByJanus, writersSince } from '../drift.ts';
import { FIELD_MANAGER } from '../registration.ts';
import type { WebhookConfiguration } from '../webhook-configuration.ts';
import { holderOfWebhook, webhooksOf } from './configuration.ts';

/** What somebody else has done to the guards. */
export interface Tampering {
  readonly how: 'deleted' | 'altered';
  /** What was wrong, in words. */
  readonly faults: readonly string[];
  /** The field managers that wrote to it, as far as that can be told. */
  readonly by: readonly string[];
  /** A guard was taken away or altered: the way that it closed was open. */
  readonly opened: boolean;
}

/**
 * What somebody else has done to the configuration; undefined where it is as this process or another Janus has left it.
 * @param live undefined where there is none
 * @param known as this process last read or wrote it
 */
export function tamperingOf(live: WebhookConfiguration | undefined, known: WebhookConfiguration | undefined): Tampering | undefined {
  const [now, before] = [webhooksOf(live), webhooksOf(known)];
  if (isDeepStrictEqual(now, before) || (live !== undefined && isWrittenByJanus(live))) return undefined;
  const opened = before.some((guard) => holderOfWebhook(guard) !== undefined && !now.some((webhook) => isDeepStrictEqual(webhook, guard)));
  if (live === undefined) return { how: 'deleted', faults: ['it was deleted'], by: [], opened };
  return { how: 'altered', faults: differencesOf(now, before), by: writersSince(known, live, FIELD_MANAGER), opened };
}
