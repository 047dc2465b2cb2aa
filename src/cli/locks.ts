import { withCluster } from './cluster.ts';
import type { GlobalFlags } from './flags/global.ts';
import { LOCK_FORMATS, lockOutput } from './lock-output.ts';
import { seenTransactions, stateOf } from './lock-states.ts';
import { lockedObjects, type SkippedKind } from './locked-objects.ts';
import { print, say, warn } from './output.ts';
import { requireOneOf } from './values.ts';

/** The flags as typed. */
export interface LocksFlags extends GlobalFlags {
  readonly allNamespaces?: boolean;
  readonly void?: boolean;
  readonly output?: string;
}

/** Shows which objects are locked. What could not be looked at is named: an empty list must not be taken for a free cluster. */
export async function locks(flags: LocksFlags): Promise<void> {
  const format = requireOneOf('-o', flags.output ?? 'table', LOCK_FORMATS);
  await withCluster(flags, async (cluster) => {
    const namespace = flags.allNamespaces === true ? undefined : cluster.namespace;
    const [{ objects, skipped }, transactions] = await Promise.all([lockedObjects(cluster, namespace), seenTransactions(cluster)]);
    const seen = objects.map((object) => stateOf(object, transactions));
    const shown = flags.void === true ? seen.filter(({ state }) => state === 'Void' || state === 'Orphaned') : seen;
    const text = lockOutput(format, shown, skipped, Date.now());
    if (text !== '') print(text);
    if (shown.length === 0)
      say(
        `Nothing is locked${namespace === undefined ? '' : ` in namespace ${namespace}`}${flags.void === true ? ' by a label that is void' : ''}.`,
      );
    warnOfSkipped(skipped);
  });
}

/** One line for each reason, with the kinds that it left out. */
export function warnOfSkipped(skipped: readonly SkippedKind[]): void {
  for (const why of new Set(skipped.map((one) => one.why))) {
    const kinds = skipped.filter((one) => one.why === why).map(({ kind }) => kind);
    warn(`not looked at, since ${why}: ${kinds.join(', ')}.`);
  }
}
