import { increase, seriesOf, total } from './exposition.ts';
import type { Series } from './exposition.ts';

/** Requests that an API server answered in a span of time, by what they cost. */
export interface Requests {
  /** GET and LIST. */
  readonly reads: number;
  /** Writes that were carried out, Events apart. A write that changed nothing is among them. */
  readonly writes: number;
  /** Writes sent as dry runs: they reach neither etcd nor a watch. */
  readonly dryRuns: number;
  /** Writes that were refused (4xx, 5xx). */
  readonly refused: number;
  /** Writes of Events that were carried out. */
  readonly eventWrites: number;
  /** Calls of admission webhooks that are not the benchmark's own. */
  readonly webhookCalls: number;
  /** Writes by resource, for the JSON file. */
  readonly writesByResource: Readonly<Record<string, number>>;
}

/**
 * The resource that the benchmark reads the revision from. Nothing else on the control plane touches it, so leaving it
 * out removes exactly our own reads.
 */
export const RULER_RESOURCE = 'runtimeclasses';

/** The webhook that `workloads/webhook-cost.ts` puts up to hold a transaction open. */
export const BARRIER_WEBHOOK = 'barrier.bench.janus.example';

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION']);
const READS = new Set(['GET', 'LIST']);

/**
 * The difference of two readings of the API server's `/metrics`. Watches, requests without a resource (discovery,
 * `/metrics` itself) and the ruler's own reads are not counted.
 */
export function requestsBetween(before: string, after: string): Requests {
  const moved = increase(seriesOf(before, 'apiserver_request_total'), seriesOf(after, 'apiserver_request_total'));
  const counted = moved.filter(({ labels }) => labels['resource'] !== '' && labels['resource'] !== RULER_RESOURCE);
  const written = counted.filter(({ labels }) => WRITES.has(labels['verb'] ?? ''));
  const real = written.filter(({ labels }) => (labels['dry_run'] ?? '') === '');
  const done = real.filter(succeeded);
  const objects = done.filter(({ labels }) => labels['resource'] !== 'events');
  return {
    reads: total(counted.filter(({ labels }) => READS.has(labels['verb'] ?? ''))),
    writes: total(objects),
    dryRuns: total(written) - total(real),
    refused: total(real) - total(done),
    eventWrites: total(done) - total(objects),
    webhookCalls: webhookCallsBetween(before, after),
    writesByResource: byResource(objects),
  };
}

/** Every request of `requests`, Events apart. */
export function allRequests(requests: Requests): number {
  return requests.reads + requests.writes + requests.dryRuns + requests.refused;
}

/** Calls of admission webhooks between two readings, the benchmark's own barrier left out. */
export function webhookCallsBetween(before: string, after: string): number {
  const name = 'apiserver_admission_webhook_request_total';
  return total(increase(seriesOf(before, name), seriesOf(after, name)).filter(({ labels }) => labels['name'] !== BARRIER_WEBHOOK));
}

function succeeded(series: Series): boolean {
  return (series.labels['code'] ?? '').startsWith('2');
}

function byResource(series: readonly Series[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { labels, value } of series) {
    const subresource = labels['subresource'] ?? '';
    const name = subresource === '' ? (labels['resource'] ?? '') : `${labels['resource']}/${subresource}`;
    sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}
