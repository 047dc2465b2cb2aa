import type { ApiServer } from '../site/api-server.ts';
import { currentRevision, quietRevision } from './revisions.ts';
import { requestsBetween } from './requests.ts';
import type { Requests } from './requests.ts';
import { eventsIn } from './events.ts';
import type { Events } from './events.ts';

/** What a contender says of its own work. */
export interface Finish {
  /** `Committed`, or how else it ended. */
  readonly outcome: string;
  /** From the request that starts the work to the moment its end is seen. */
  readonly milliseconds: number;
  /** Anything to know about it, such as an error message. */
  readonly detail?: string;
}

/** One run of one contender on one workload. */
export interface Sample extends Finish {
  readonly items: number;
  /** etcd revisions from before the start until everything was quiet again, Events among them. */
  readonly revisions: number;
  /** The same without Events. What the control plane writes by itself is in it: to guess it away could flatter. */
  readonly objectRevisions: number;
  readonly requests: Requests;
  readonly events: Events;
}

/** Where a sample is taken. */
export interface Window {
  readonly namespace: string;
  readonly items: number;
}

/** Carries out `fire` between two readings of the control plane, each taken when it is quiet. */
export async function takeSample(api: ApiServer, window: Window, fire: () => Promise<Finish>): Promise<Sample> {
  await quietRevision(api);
  const metricsBefore = await api.text('/metrics');
  const revisionBefore = await currentRevision(api);
  const finish = await fire();
  const revisionAfter = await quietRevision(api);
  const metricsAfter = await api.text('/metrics');
  const requests = requestsBetween(metricsBefore, metricsAfter);
  const revisions = revisionAfter - revisionBefore;
  return {
    ...finish,
    items: window.items,
    revisions,
    objectRevisions: revisions - requests.eventWrites,
    requests,
    events: await eventsIn(api, window.namespace),
  };
}
