import { ConfigurationKeeper } from '../admission/configuration-keeper.ts';
import { termOfLocks } from '../admission/guard/enforcement.ts';
import type { WebhookConfiguration } from '../admission/webhook-configuration.ts';
import { createEventRecorder } from '../kube/events.ts';
import type { Connection } from './connections.ts';
import { tellKeeperEvent } from './keeper-news.ts';
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
        tellKeeperEvent(event, log, metrics, recorder);
      },
    },
    configurations,
  );
  await keeper.start();
  metrics.measure('janus_locks_enforced', () => [{ labels: {}, value: keeper.unenforced() === undefined ? 1 : 0 }]);
  const locked = lockedWords(client, systemNamespace, (term) => keeper.unbroken(termOfLocks(term)));
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
