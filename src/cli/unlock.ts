import { belongsTo, type ResourceChange } from '../api/resource-change.ts';
import { inParallel } from '../kube/limit.ts';
import { describeRef, type ObjectRef, type ResourceKind } from '../kube/object.ts';
import { findKind } from '../kube/kind-catalog.ts';
import { RESOURCE_CHANGES } from '../transaction/kinds.ts';
import { withCluster, type Cluster } from './cluster.ts';
import { exitCode } from './exit-codes.ts';
import { isRefusedByLock } from './exit-of.ts';
import { explain } from './explain.ts';
import { Fault, UsageFault } from './fault.ts';
import type { GlobalFlags } from './flags/global.ts';
import type { AllNamespacesFlags, DryRunFlags } from './flags/shared.ts';
import { requireKind } from './kind.ts';
import { seenTransactions, stateOf } from './lock-states.ts';
import { lockedObjects } from './locked-objects.ts';
import { warnOfSkipped } from './locks.ts';
import { complain, print, say, warn } from './output.ts';
import { takeOff, takenOffWords, type TakenOff } from './take-off.ts';
import { parseTarget } from './target.ts';
import { readTransaction } from './transaction.ts';

/** The flags as typed. */
export interface UnlockFlags extends GlobalFlags, AllNamespacesFlags, DryRunFlags {
  readonly force?: boolean;
  readonly void?: boolean;
}

/** What is to be unlocked. */
interface Chosen {
  readonly refs: readonly ObjectRef[];
  /** Only locks of this Transaction, by uid. */
  readonly transaction?: string;
}

/** Requests under way at once. */
const CONCURRENCY = 8;

/** Takes labels off with the caller's own rights; the webhook decides which. */
export async function unlock(what: string | undefined, flags: UnlockFlags): Promise<void> {
  refuseCombinations(what, flags);
  const { dryRun = false, force = false, void: voids = false } = flags;
  await withCluster(flags, async (cluster) => {
    const { refs, ...only } = await chosen(cluster, what, flags);
    const outcomes = await inParallel(refs, CONCURRENCY, (ref) => takeOff(cluster.client, ref, { force, dryRun, ...only }));
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') tell(outcome.item, outcome.value, dryRun);
      else if (voids && isRefusedByLock(outcome.reason)) print(`${describeRef(outcome.item)} is left: its lock holds`);
      else complain(refusal(outcome.item, outcome.reason));
    }
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected' && !(voids && isRefusedByLock(outcome.reason)));
    const locked = failed.filter((outcome) => outcome.status === 'rejected' && isRefusedByLock(outcome.reason));
    if (failed.length > 0) process.exitCode = exitCode(locked.length === failed.length ? 'locked' : 'error');
    if (locked.length > 0 && !force)
      say(
        'A lock that holds is broken with --force, by whoever has the verb unlock on transactions.tx.janus.io. That ends its Transaction.',
      );
    if (refs.length === 0) say('There is nothing to unlock.');
  });
}

function refuseCombinations(what: string | undefined, { allNamespaces, force, void: voids }: UnlockFlags): void {
  if (what === undefined && voids !== true)
    throw new UsageFault('Say what to unlock: KIND/NAME of an object, the name of a Transaction, or --void for every label that is void.');
  if (what !== undefined && voids === true)
    throw new UsageFault(`--void is for every label that is void, and ${what} is named: leave out one of them.`);
  if (force === true && voids === true)
    throw new UsageFault('--void takes off what blocks nobody, which needs no --force: leave out one of them.');
  if (allNamespaces === true && voids !== true)
    throw new UsageFault('-A goes with --void only: name the namespace of what you unlock with -n.');
}

function chosen(cluster: Cluster, what: string | undefined, flags: UnlockFlags): Promise<Chosen> {
  if (what === undefined) return voidLocks(cluster, flags);
  return what.includes('/') ? oneObject(cluster, what) : ofTransaction(cluster, what);
}

async function oneObject(cluster: Cluster, what: string): Promise<Chosen> {
  const { kind: query, name } = parseTarget(what, 'OBJECT');
  const kind = requireKind(query, await cluster.kinds());
  return { refs: [kind.namespaced ? { kind, namespace: cluster.namespace, name } : { kind, name }] };
}

/** Objects that the changes of a Transaction name: it has locked no others, and reading them takes no right to list. */
async function ofTransaction(cluster: Cluster, name: string): Promise<Chosen> {
  const [{ metadata }, list, kinds] = await Promise.all([
    readTransaction(cluster, name),
    cluster.client.list(RESOURCE_CHANGES, { namespace: cluster.namespace, limit: 500 }),
    cluster.kinds(),
  ]);
  const { uid = '' } = metadata;
  const changes = (list.items as unknown as readonly ResourceChange[]).filter((change) => belongsTo(change, uid));
  const refs = changes.map(({ spec: { target } }) => refTo(target, kinds, cluster.namespace));
  return { refs: [...new Map(refs.map((ref) => [describeRef(ref), ref])).values()], transaction: uid };
}

function refTo(
  { apiVersion, kind: name, ...target }: ResourceChange['spec']['target'],
  kinds: readonly ResourceKind[],
  home: string,
): ObjectRef {
  const kind = findKind({ kinds }, { apiVersion, kind: name });
  if (kind === undefined) throw new Fault(`${apiVersion} ${name} is served no more, so ${target.name} cannot be unlocked.`);
  return kind.namespaced ? { kind, namespace: target.namespace ?? home, name: target.name } : { kind, name: target.name };
}

/** Whatever does not plainly belong to a Transaction that goes on: of the rest the webhook knows which locks hold. */
async function voidLocks(cluster: Cluster, { allNamespaces }: UnlockFlags): Promise<Chosen> {
  const namespace = allNamespaces === true ? undefined : cluster.namespace;
  const [{ objects, skipped }, transactions] = await Promise.all([lockedObjects(cluster, namespace), seenTransactions(cluster)]);
  warnOfSkipped(skipped);
  return { refs: objects.filter((object) => stateOf(object, transactions).state !== 'Held').map(({ ref }) => ref) };
}

function tell(ref: ObjectRef, taken: TakenOff, dryRun: boolean): void {
  print(takenOffWords(ref, taken, dryRun));
  taken.warnings.forEach(warn);
}

function refusal(ref: ObjectRef, error: unknown): string {
  const words = explain(error);
  if (words === undefined) throw error;
  return words.includes(ref.name) ? words : `${describeRef(ref)}: ${words}`;
}
