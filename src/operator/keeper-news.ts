import type { Kept, KeeperEvent } from '../admission/keeper-event.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

const MEANWHILE: Readonly<Record<Kept, string>> = {
  locks: 'Locks were not enforced meanwhile.',
  guards: 'What was guarded may have been open meanwhile.',
};
const AGAIN: Readonly<Record<Kept, string>> = {
  locks: 'locks are enforced again; transactions go on',
  guards: 'guards are up again; transactions go on',
};

/** Tells what became of our webhook configurations: a line in the log, a number, and an Event on the configuration. */
export function tellKeeperEvent(event: KeeperEvent, log: Log, metrics: Metrics, recorder: EventRecorder): void {
  if (event.type === 'found') log.info({ configuration: event.configuration }, `${event.configuration}: ${event.words}; it is installed`);
  else if (event.type === 'trouble') log.error({ configuration: event.configuration }, `${event.configuration}: ${event.words}`);
  else if (event.type === 'enforced') log.warn({ ms: event.unenforcedMs }, AGAIN[event.kept]);
  else {
    const { configuration, kept, object, how, words, by, unguardedMs, times } = event;
    const who = by === '' ? '' : `, by field manager "${by}"`;
    const again =
      times === undefined
        ? ''
        : ` It is the ${String(times)}th time within a minute: somebody keeps undoing it, and transactions do not get on.`;
    const audit = 'The audit log of the API server has the user.';
    const message = `${configuration} was ${how}${who}, and is restored: ${words}. ${MEANWHILE[kept]} ${audit}${again}`;
    log.error({ configuration, how, by, faults: words, ms: unguardedMs, times }, message);
    metrics.count('janus_webhook_configuration_restored_total', { configuration: object.kind, how });
    const { apiVersion, kind, metadata } = object;
    const regarding = { apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '' };
    recorder.record({ regarding, type: 'Warning', reason: 'WebhookConfigurationRestored', message });
  }
}
