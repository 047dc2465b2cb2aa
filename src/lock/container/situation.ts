import type { Situation } from '../situation.ts';
import type { OpenRecords } from './records.ts';

/** What the rules for containers look at. */
export interface ContainerSituation extends Situation {
  readonly open: OpenRecords;
  /** Janus's own namespace: every record is in it. */
  readonly systemNamespace: string;
}
