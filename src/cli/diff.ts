import { serviceAccountUser } from '../transaction/context.ts';
import { makePlan } from './apply/make-plan.ts';
import { planSummary, planWords } from './apply/plan-words.ts';
import { changedByTransaction } from './apply/changes.ts';
import { readSources } from './apply/sources.ts';
import { wantedObjects } from './apply/wanted.ts';
import { withCluster } from './cluster.ts';
import { exitOf } from './exit-of.ts';
import { explain } from './explain.ts';
import { Fault, UsageFault } from './fault.ts';
import type { GlobalFlags } from './flags/global.ts';
import type { SourceFlags } from './flags/sources.ts';
import { requireName } from './names.ts';
import { colour, outputWidth, print, say } from './output.ts';

/** The flags as typed. */
export interface DiffFlags extends GlobalFlags, SourceFlags {
  readonly asSa?: string;
  readonly exitCode?: boolean;
}

/** Shows on stdout what would change; nothing is printed where nothing would. */
export async function diff(name: string | undefined, flags: DiffFlags): Promise<void> {
  try {
    const differs = await show(name, flags);
    if (differs && flags.exitCode === true) process.exitCode = 1;
  } catch (error) {
    const words = flags.exitCode === true && exitOf(error) === 'error' ? explain(error) : undefined;
    // With --exit-code, 1 says that something differs.
    throw words === undefined ? error : new Fault(words, { cause: error, exit: 'usage' });
  }
}

async function show(name: string | undefined, flags: DiffFlags): Promise<boolean> {
  const { asSa, filename, kustomize } = flags;
  if (name !== undefined) {
    requireName(name, 'TXN');
    if (filename !== undefined || kustomize !== undefined)
      throw new UsageFault(`Transaction ${name} is named, and manifests too: leave out one of them.`);
  }
  if (asSa !== undefined) requireName(asSa, '--as-sa');
  const sources = name === undefined ? await readSources(flags) : [];
  return withCluster(flags, async (cluster) => {
    const from =
      name === undefined
        ? { wanted: wantedObjects(sources, await cluster.kinds(), cluster.namespace) }
        : await changedByTransaction(cluster, name);
    const account = asSa ?? ('serviceAccountName' in from ? from.serviceAccountName : undefined);
    const as = account === undefined ? {} : { as: { user: serviceAccountUser(cluster.namespace, account) } };
    const plan = await makePlan(cluster, { ...from, ...as });
    const lines = planWords(plan, { paint: colour, width: outputWidth(), whole: true });
    if (lines.length > 0) print(lines.join('\n'));
    say(`${planSummary(plan)}.`);
    return plan.some(({ action }) => action !== 'none');
  });
}
