import { withCluster } from './cluster.ts';
import type { GlobalFlags } from './flags/global.ts';
import type { AllNamespacesFlags, OutputFlags } from './flags/shared.ts';
import { rendered, requireFormat } from './formats.ts';
import { lockData, lockNames, lockTable } from './lock-output.ts';
import { seenTransactions, stateOf } from './lock-states.ts';
import { lockedObjects, type SkippedKind } from './locked-objects.ts';
import { outputWidth, print, say, warn } from './output.ts';

/** The flags as typed. */
export interface LocksFlags extends GlobalFlags, AllNamespacesFlags, OutputFlags {
  readonly void?: boolean;
}

/** Shows which objects are locked. What could not be looked at is named: an empty list must not be taken for a free cluster. */
export async function locks(flags: LocksFlags): Promise<void> {
  const format = requireFormat(flags.output);
  await withCluster(flags, async (cluster) => {
    const namespace = flags.allNamespaces === true ? undefined : cluster.namespace;
    const [{ objects, skipped }, transactions] = await Promise.all([lockedObjects(cluster, namespace), seenTransactions(cluster)]);
    const seen = objects.map((object) => stateOf(object, transactions));
    const shown = flags.void === true ? seen.filter(({ state }) => state === 'Void' || state === 'Orphaned') : seen;
    const text = rendered(format, {
      data: () => lockData(shown, skipped),
      names: () => lockNames(shown),
      table: (wide) => lockTable(shown, Date.now(), { width: outputWidth(), wide }),
    });
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
