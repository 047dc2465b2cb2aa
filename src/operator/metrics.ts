import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Kinds of metric. */
type Kind = 'counter' | 'gauge' | 'histogram';

interface MetricRow {
  readonly name: string;
  readonly kind: Kind;
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** Every metric of Janus. The first six are the original's. */
export const METRICS = [
  {
    name: 'janus_transaction_phase_transitions_total',
    kind: 'counter',
    help: 'Phase changes of transactions.',
    labels: ['from_phase', 'to_phase'],
  },
  {
    name: 'janus_transaction_duration_seconds',
    kind: 'histogram',
    help: 'Time from taking a transaction up to its end.',
    labels: ['outcome'],
    buckets: SECONDS,
  },
  { name: 'janus_transactions_active', kind: 'gauge', help: 'Transactions that are not at their end, by phase.', labels: ['phase'] },
  { name: 'janus_item_operations_total', kind: 'counter', help: 'Changes carried out or undone.', labels: ['operation', 'result'] },
  { name: 'janus_lock_operations_total', kind: 'counter', help: 'Locks taken and released.', labels: ['operation', 'result'] },
  {
    name: 'janus_transaction_item_count',
    kind: 'histogram',
    help: 'Changes in a transaction.',
    labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000],
  },
  {
    name: 'janus_webhook_decisions_total',
    kind: 'counter',
    help: 'Answers of the webhooks, by the rule that decided.',
    labels: ['path', 'rule', 'allowed'],
  },
  {
    name: 'janus_webhook_duration_seconds',
    kind: 'histogram',
    help: 'Time the webhooks took to answer.',
    labels: ['path'],
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
  },
  {
    name: 'janus_api_requests_total',
    kind: 'counter',
    help: 'Requests to the API server; code 0 where no answer came.',
    labels: ['verb', 'resource', 'code', 'dry_run'],
  },
  {
    name: 'janus_api_request_duration_seconds',
    kind: 'histogram',
    help: 'Time the API server took to answer.',
    labels: ['verb'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15],
  },
  { name: 'janus_locks_broken_total', kind: 'counter', help: 'Locks that somebody was let break by force.', labels: [] },
  { name: 'janus_leader', kind: 'gauge', help: '1 in the replica that carries transactions out, 0 in the others.', labels: [] },
  {
    name: 'janus_locks_enforced',
    kind: 'gauge',
    help: '1 while API servers ask Janus about locks, as far as it knows; 0 while transactions wait until they do.',
    labels: [],
  },
  {
    name: 'janus_webhook_configuration_restored_total',
    kind: 'counter',
    help: 'Times a webhook configuration of ours was found deleted or altered, and restored.',
    labels: ['configuration', 'how'],
  },
  {
    name: 'janus_guards_active',
    kind: 'gauge',
    help: 'Names, scale subresources and evictions that are guarded for transactions of this process.',
    labels: [],
  },
  {
    name: 'janus_certificate_expiry_timestamp_seconds',
    kind: 'gauge',
    help: 'When the serving certificate ends, in seconds since 1970.',
    labels: [],
  },
  {
    name: 'janus_certificate_renewal_failing',
    kind: 'gauge',
    help: '1 while the serving certificate cannot be renewed, or the mounted Secret cannot be used: the one from before is served on.',
    labels: [],
  },
  { name: 'janus_certificate_days_left', kind: 'gauge', help: 'Days until the serving certificate ends.', labels: [] },
  {
    name: 'janus_watch_last_event_age_seconds',
    kind: 'gauge',
    help: 'Seconds since the last event or bookmark of the watch on transactions.',
    labels: [],
  },
] as const satisfies readonly MetricRow[];

export type MetricName = (typeof METRICS)[number]['name'];
type Labels = Readonly<Record<string, string>>;

/** The metrics of one process. */
export interface Metrics {
  readonly contentType: string;
  count(name: MetricName, labels: Labels): void;
  observe(name: MetricName, labels: Labels, value: number): void;
  /** Asked at each scrape. */
  measure(name: MetricName, read: () => readonly { readonly labels: Labels; readonly value: number }[]): void;
  text(): Promise<string>;
}

/** A registry of its own, so that several processes can live in one test. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const readers = new Map<string, () => readonly { readonly labels: Labels; readonly value: number }[]>();
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  for (const row of METRICS as readonly MetricRow[]) {
    const common = { name: row.name, help: row.help, labelNames: [...row.labels], registers: [registry] };
    if (row.kind === 'counter') counters.set(row.name, new Counter(common));
    else if (row.kind === 'histogram') histograms.set(row.name, new Histogram({ ...common, buckets: [...(row.buckets ?? [])] }));
    else
      new Gauge({
        ...common,
        collect() {
          this.reset();
          for (const { labels, value } of readers.get(row.name)?.() ?? []) this.set(labels, value);
        },
      });
  }
  return {
    contentType: registry.contentType,
    count: (name, labels) => counters.get(name)?.inc(labels),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    measure: (name, read) => void readers.set(name, read),
    text: () => registry.metrics(),
  };
}
