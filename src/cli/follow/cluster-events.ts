import type { Transaction } from '../../api/transaction.ts';
import type { KubeObject, ResourceKind } from '../../kube/object.ts';
import { identityOf } from './news.ts';
import type { StreamEvent } from './stream-schema.ts';

export const EVENTS: ResourceKind = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };

/** Those about one Transaction, and not about an earlier one of its name. */
export function eventSelector({ metadata }: Transaction): string {
  return `involvedObject.uid=${metadata.uid ?? ''}`;
}

/** A Kubernetes Event as a line of the stream. */
export function clusterEvent(transaction: Transaction, event: KubeObject): StreamEvent {
  const { count, eventTime, lastTimestamp, message, reason, type } = event as Readonly<Record<string, unknown>>;
  const time = [lastTimestamp, eventTime, event.metadata.creationTimestamp].find((one) => typeof one === 'string') ?? '';
  return {
    schema: 'janus.events/1',
    time,
    transaction: identityOf(transaction),
    type: 'event',
    severity: type === 'Warning' ? 'Warning' : 'Normal',
    reason: textOf(reason),
    message: textOf(message),
    count: typeof count === 'number' ? count : 1,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
