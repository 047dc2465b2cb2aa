import type { Breaking } from '../admission/locks.ts';
import type { KubeClient } from '../kube/client.ts';
import { ApiError, TransportError } from '../kube/errors.ts';
import { createEventRecorder } from '../kube/events.ts';
import { noteBrokenLock } from '../transaction/broken-lock.ts';
import { RecordStore } from '../transaction/record-store.ts';
import { regarding } from './consumers.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** What it needs of the process. */
export interface BreakerParts {
  readonly client: KubeClient;
  readonly systemNamespace: string;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Notes in the record that a lock is being broken, and says so aloud: in the log, in an Event about the Transaction, in the metrics. */
export function lockBreaker({ client, systemNamespace, metrics, log, now }: BreakerParts): (breaking: Breaking) => Promise<void> {
  const records = new RecordStore(client, systemNamespace);
  const recorder = createEventRecorder({
    client,
    component: 'janus',
    onProblem: (error) => log.warn({ error }, 'an event could not be written'),
  });
  return async ({ by, object, of, transaction, words }) => {
    try {
      await noteBrokenLock(records, transaction, object, { by, at: new Date(now()).toISOString() });
    } catch (error) {
      // A damaged record takes no note, and nobody can carry it out any more.
      if (of !== undefined || error instanceof ApiError || error instanceof TransportError) throw error;
    }
    metrics.count('janus_locks_broken_total', {});
    log.warn(
      { transaction: of === undefined ? transaction : `${of.namespace}/${of.name}`, uid: transaction, object: words, by },
      'a lock is broken by force',
    );
    if (of === undefined) return;
    recorder.record({
      reason: 'ForceUnlocked',
      type: 'Warning',
      message: `${by} breaks the lock of ${words} by force`,
      regarding: regarding(of),
    });
  };
}
