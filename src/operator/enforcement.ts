import { ConfigurationKeeper } from '../admission/configuration-keeper.ts';
import type { KeeperEvent } from '../admission/keeper-event.ts';
import type { WebhookConfiguration } from '../admission/webhook-configuration.ts';
import { createEventRecorder, type EventRecorder } from '../kube/events.ts';
import type { Connection } from './connections.ts';
import { lockedWords } from './locked-words.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface EnforcementParts {
  readonly connection: Connection;
  readonly systemNamespace: string;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** What keeps our webhook configurations, with what it tells to people. */
export interface RunningEnforcement {
  readonly keeper: ConfigurationKeeper;
  /** For `/readyz`. @returns what is worth knowing, if anything; @throws Error in words when locks are not enforced and nobody can ask us */
  ready(): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** Installs the configurations and keeps them from then on. Does not wait until API servers go by them. */
export async function startEnforcement(
  { connection, systemNamespace, metrics, log }: EnforcementParts,
  configurations: readonly WebhookConfiguration[],
): Promise<RunningEnforcement> {
  const { client, transport } = connection;
  const recorder = createEventRecorder({
    client,
    component: 'janus',
    onProblem: (error) => log.warn({ error }, 'an event could not be written'),
  });
  const found: string[] = [];
  const keeper = new ConfigurationKeeper(
    {
      client,
      transport,
      systemNamespace,
      onEvent: (event) => {
        if (event.type === 'found') found.push(`${event.configuration}: ${event.words}`);
        tell(event, log, metrics, recorder);
      },
    },
    configurations,
  );
  await keeper.start();
  metrics.measure('janus_locks_enforced', () => [{ labels: {}, value: keeper.unenforced() === undefined ? 1 : 0 }]);
  const locked = lockedWords(client, systemNamespace, (term) => keeper.unbroken(term));
  const atStart = found.length === 0 ? undefined : await locked.open();
  if (atStart !== undefined)
    log.error(`${found.join('; ')} when this process started, though ${atStart.words}: what was locked is looked at before anything else`);
  return {
    keeper,
    async ready() {
      const unenforced = keeper.unenforced();
      if (unenforced !== undefined) {
        const words = `${unenforced.words}. ${(await locked.open())?.words ?? 'No transaction is open'}; none is begun or gone on with until then`;
        if (unenforced.stillAsked) return words;
        throw new Error(words);
      }
      const still = atStart === undefined ? undefined : await locked.stillDoubtful(atStart);
      return still === undefined
        ? undefined
        : `${found.join('; ')} when this process started, and has not been made sure of since: ${still}`;
    },
    async stop() {
      await keeper.stop();
      await recorder.flush();
    },
  };
}

function tell(event: KeeperEvent, log: Log, metrics: Metrics, recorder: EventRecorder): void {
  if (event.type === 'found') log.info({ configuration: event.configuration }, `${event.configuration}: ${event.words}; it is installed`);
  else if (event.type === 'trouble') log.error({ configuration: event.configuration }, `${event.configuration}: ${event.words}`);
  else if (event.type === 'enforced') log.warn({ ms: event.unenforcedMs }, 'locks are enforced again; transactions go on');
  else {
    const { configuration, object, how, words, by, unguardedMs, times } = event;
    const who = by === '' ? '' : `, by field manager "${by}"`;
    const again =
      times === undefined
        ? ''
        : ` It is the ${String(times)}th time within a minute: somebody keeps undoing it, and transactions do not get on.`;
    const audit = 'The audit log of the API server has the user.';
    const message = `${configuration} was ${how}${who}, and is restored: ${words}. Locks were not enforced meanwhile. ${audit}${again}`;
    log.error({ configuration, how, by, faults: words, ms: unguardedMs, times }, message);
    metrics.count('janus_webhook_configuration_restored_total', { configuration: object.kind, how });
    const { apiVersion, kind, metadata } = object;
    const regarding = { apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '' };
    recorder.record({ regarding, type: 'Warning', reason: 'WebhookConfigurationRestored', message });
  }
}
