import type { ApiServer } from '../site/api-server.ts';

/** Kubernetes Events in a namespace. */
export interface Events {
  /** Event objects: what a person sees in a list. */
  readonly objects: number;
  /** How many occurrences they stand for. */
  readonly occurrences: number;
}

interface EventObject {
  readonly count?: number;
  readonly series?: { readonly count?: number };
}

/** Lists the Events of `namespace`. */
export async function eventsIn(api: ApiServer, namespace: string): Promise<Events> {
  const list = await api.get<{ items: EventObject[] }>(`/api/v1/namespaces/${namespace}/events`);
  return countEvents(list.items);
}

/** Counts Event objects and what they stand for, in either form (`count` of core/v1, `series` of events.k8s.io/v1). */
export function countEvents(events: readonly EventObject[]): Events {
  return { objects: events.length, occurrences: events.reduce((sum, event) => sum + (event.series?.count ?? event.count ?? 1), 0) };
}
