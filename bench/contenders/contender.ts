import type { Finish } from '../measure/sample.ts';
import type { Site } from '../site/site.ts';
import type { Job } from '../workloads/job.ts';

/** Work that is laid out and waits for the clock to start. */
export interface Armed {
  /** Does it, and says how long it took from the first request to the end as a reader sees it. */
  fire(): Promise<Finish>;
}

/** A contender that is up. */
export interface Started {
  /** Process whose memory is its memory; absent where it runs anew for each job. */
  readonly pid?: number;
  /** What was started, for the report: version, command. */
  readonly note: string;
  /** Makes everything that must exist before the clock starts. The namespace, its ServiceAccount and Role are there. */
  arm(job: Job): Promise<Armed>;
  /** Takes it away, and everything it left on the control plane that could disturb the next one. */
  stop(): Promise<void>;
}

/** Something that changes many objects. */
export interface Contender {
  readonly name: ContenderName;
  readonly title: string;
  /** Whether it knows Transactions, and so more than applying manifests. */
  readonly transactional: boolean;
  /** Starts it, or says in a sentence why its column stays empty. */
  start(site: Site): Promise<Started | { readonly missing: string }>;
}

/** Names by which `--only` picks contenders, in the order they run. */
export const CONTENDER_NAMES = ['original', 'janus', 'kubectl', 'helm', 'bare-apply'] as const;
export type ContenderName = (typeof CONTENDER_NAMES)[number];
