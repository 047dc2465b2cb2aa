import type { Transaction } from '../api/transaction.ts';
import { serviceAccountUser } from '../transaction/context.ts';
import { isLockFailure } from '../transaction/wait-die.ts';
import { ask, canAsk } from './apply/ask.ts';
import { sealedFrom, type DraftRequest } from './apply/draft.ts';
import { appliedSet } from './apply/inventory.ts';
import { makePlan } from './apply/make-plan.ts';
import { planSummary, planWords } from './apply/plan-words.ts';
import type { PlannedObject } from './apply/planned.ts';
import { goesOn, seeThrough } from './apply/see-through.ts';
import { readSources } from './apply/sources.ts';
import { wantedObjects } from './apply/wanted.ts';
import { withCluster, type Cluster } from './cluster.ts';
import { Fault, UsageFault } from './fault.ts';
import type { GlobalFlags } from './flags/global.ts';
import type { DryRunFlags } from './flags/shared.ts';
import type { SourceFlags } from './flags/sources.ts';
import type { SpecFlags } from './flags/transaction.ts';
import { causeOf, endOf, nextStep } from './follow/end.ts';
import { untilInterrupted } from './interrupt.ts';
import { requireName, requirePrefix } from './names.ts';
import { colour, outputWidth, print, say, wordColour, wordWidth } from './output.ts';
import { specOf } from './transaction-spec.ts';
import { endLine } from './views/transaction-page.ts';

/** The flags as typed. */
export interface ApplyFlags extends GlobalFlags, SourceFlags, SpecFlags, DryRunFlags {
  readonly asSa?: string;
  readonly name?: string;
  readonly generateName?: string;
  readonly pruneFrom?: string;
  /** Absent: asked on a terminal, refused without one. */
  readonly yes?: boolean;
  readonly wait?: boolean;
}

/** Applies manifests as one transaction. Its name goes to stdout once it is sealed, everything else to stderr. */
export async function apply(flags: ApplyFlags): Promise<void> {
  const name = nameOf(flags);
  const { asSa = 'default', pruneFrom } = flags;
  requireName(asSa, '--as-sa');
  if (pruneFrom !== undefined) requireName(pruneFrom, '--prune-from');
  const spec = specOf(asSa, flags);
  const sources = await readSources(flags);
  await withCluster(flags, async (cluster) => {
    const wanted = wantedObjects(sources, await cluster.kinds(), cluster.namespace);
    const earlier = pruneFrom === undefined ? [] : await appliedSet(cluster, pruneFrom);
    const plan = await makePlan(cluster, { wanted, earlier, as: { user: serviceAccountUser(cluster.namespace, asSa) } });
    const differs = plan.some(({ action }) => action !== 'none');
    if (flags.dryRun === true) {
      show(plan);
      return;
    }
    say([...planWords(plan, { paint: wordColour, width: wordWidth(), whole: false }), `${planSummary(plan)}.`].join('\n'));
    if (!differs) {
      say('There is nothing to do.');
      return;
    }
    if (flags.yes !== true) await confirm(cluster, asSa);
    await carryOut(cluster, { name, spec, plan }, flags.wait !== false);
  });
}

function nameOf({ generateName, name }: ApplyFlags): DraftRequest['name'] {
  if (name !== undefined && generateName !== undefined)
    throw new UsageFault('--name and --generate-name are given: leave out one of them.');
  if (name !== undefined) {
    requireName(name, '--name');
    return { name };
  }
  const prefix = generateName ?? 'apply-';
  requirePrefix(prefix, '--generate-name');
  return { generateName: prefix };
}

/** The plan as data. */
function show(plan: readonly PlannedObject[]): void {
  const lines = planWords(plan, { paint: colour, width: outputWidth(), whole: false });
  if (lines.length > 0) print(lines.join('\n'));
  say(`${planSummary(plan)} (server dry run).`);
}

async function confirm({ namespace }: Cluster, account: string): Promise<void> {
  if (!canAsk())
    throw new UsageFault(
      'Nothing was applied: without a terminal nobody can be asked. Add --yes to apply without asking, or --dry-run to look only.',
    );
  const answer = await ask(`Apply this as one transaction, as ServiceAccount ${namespace}/${account}? [y/N] `);
  if (!/^y(es)?$/i.test(answer ?? '')) throw new Fault('Nothing was applied.');
}

async function carryOut(cluster: Cluster, request: DraftRequest, wait: boolean): Promise<void> {
  const sealed = await untilInterrupted((signal) => sealedFrom(cluster, request, signal), 'Interrupted: nothing was applied.');
  print(sealed.transaction.metadata.name ?? '');
  if (!wait) {
    say(goesOn(sealed.transaction));
    return;
  }
  const end = await seeThrough(cluster, sealed);
  const { phase = 'Failed' } = end.status ?? {};
  if (phase !== 'Committed') throw new Fault(insteadOf(end), { exit: isLockFailure(causeOf(end)) ? 'locked' : endOf(phase) });
  say(`${titleOf(end)} ${endLine(end, Date.now())}`);
}

/** Why it did not commit, with each object that failed, and what to do. */
function insteadOf(end: Transaction): string {
  const cause = causeOf(end);
  const failed = (end.status?.items ?? []).flatMap(({ error = '', name }) =>
    error === '' || cause.includes(error) ? [] : [`${name}: ${error}`],
  );
  const phase = end.status?.phase ?? 'Failed';
  return [`${titleOf(end)} did not commit, and is ${phase}${cause === '' ? '.' : `: ${cause}`}`, ...failed, nextStep(end)]
    .filter((line) => line !== '')
    .join('\n');
}

function titleOf({ metadata: { name = '', namespace = '' } }: Transaction): string {
  return `Transaction ${namespace}/${name}`;
}
