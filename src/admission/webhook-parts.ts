import type { MatchCondition } from '../lock/match-condition.ts';

/** Path of each handler. */
export const PATHS = {
  locks: '/validate-locks',
  guards: '/validate-guards/',
  containers: '/validate-containers',
  ownSecrets: '/validate-own-secrets',
  mutate: '/mutate-resources',
  validate: '/validate-resources',
} as const;

/** What the path of a probe ends in, below `PATHS.guards`. */
export const PROBE_PLACE = 'probe';

/** What one webhook of a configuration differs in from the others. */
export interface WebhookParts {
  readonly name: string;
  readonly path: string;
  readonly group: string;
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  readonly scope: '*' | 'Namespaced' | 'Cluster';
  readonly conditions: readonly MatchCondition[];
  readonly objectSelector?: unknown;
  readonly namespaceSelector?: unknown;
  readonly failurePolicy?: 'Fail' | 'Ignore';
  readonly sideEffects?: 'None' | 'NoneOnDryRun';
}
