import { GuardedEnforcement } from '../admission/guard/enforcement.ts';
import { GuardKeeper } from '../admission/guard/keeper.ts';
import { GuardRestoring } from '../admission/guard/restoring.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Enforcement } from '../transaction/enforcement.ts';
import type { Connection } from './connections.ts';
import { tellKeeperEvent } from './keeper-news.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { ReachSource } from './serving.ts';

export interface GuardingParts {
  readonly connection: Connection;
  readonly reach: ReachSource;
  readonly systemNamespace: string;
  /** Of locks. */
  readonly enforcement: Enforcement;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** @throws NotLeaderError when this process no longer leads */
  readonly mayAct: () => void;
}

/** The guards of the executor, and what keeps them as they should be. */
export interface Guarding {
  readonly guards: GuardKeeper;
  /** Of locks and guards. */
  readonly enforcement: Enforcement;
  /** Watches them no more. What is up stays up. */
  stop(): void;
}

/** Keeps the guards while this process leads. */
export function startGuarding(parts: GuardingParts, recorder: EventRecorder): Guarding {
  const { connection, systemNamespace, reach, mayAct, now, metrics, log } = parts;
  const { client, transport } = connection;
  const guards = new GuardKeeper({ client, systemNamespace, reach: () => reach.current(), mayAct, now });
  const enforcement = new GuardedEnforcement(parts.enforcement);
  const restoring = new GuardRestoring({
    client,
    transport,
    keeper: guards,
    enforcement,
    onEvent: (event) => tellKeeperEvent(event, log, metrics, recorder),
    now,
  });
  reach.tell(async () => void (await guards.restore()));
  metrics.measure('janus_guards_active', () => [{ labels: {}, value: guards.count() }]);
  return {
    guards,
    enforcement,
    stop() {
      reach.tell(undefined);
      metrics.measure('janus_guards_active', () => []);
      void restoring.stop();
    },
  };
}
