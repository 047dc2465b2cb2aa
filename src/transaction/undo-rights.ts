import type { SealedTransaction } from '../api/transaction.ts';
import { retrying } from '../kube/retry.ts';
import { serviceAccountUser, type AccessAttributes, type SagaContext } from './context.ts';
import type { ChangeFault } from './fault.ts';
import { mayDependOnEarlier } from './deferral.ts';
import { ApiError } from '../kube/errors.ts';
import type { Plan, PlannedChange, PlannedTarget } from './plan.ts';
import { describeTarget } from './target.ts';

/** What undoing a change, and locking it, takes beyond what its own dry run has shown the ServiceAccount may do; any one verb of a row is enough. */
const NEEDS: Readonly<Record<PlannedChange['type'], readonly (readonly string[])[]>> = {
  Create: [['delete']],
  Update: [],
  Patch: [],
  Delete: [['create'], ['patch', 'update']],
};

/** A transaction that could not be undone is not begun: asks, once a resource and namespace, for the rights that undoing needs. */
export async function undoRightFaults(
  context: SagaContext,
  transaction: SealedTransaction,
  plan: Plan,
  seen: readonly { readonly index: number; readonly live?: unknown }[],
): Promise<readonly ChangeFault[]> {
  const user = serviceAccountUser(transaction.metadata.namespace ?? '', transaction.spec.serviceAccountName);
  const byIndex = new Map(seen.map((one) => [one.index, one]));
  const answers = new Map<string, Promise<boolean>>();
  const ask = (attributes: AccessAttributes): Promise<boolean> => {
    const key = JSON.stringify(attributes);
    const known = answers.get(key) ?? retrying(() => context.may(user, attributes));
    answers.set(key, known);
    return known;
  };
  const faults = await Promise.all(
    plan.changes.map(async (change): Promise<ChangeFault | undefined> => {
      const target = plan.targets[change.target];
      const found = byIndex.get(change.target);
      const untouched = change.type === 'Delete' && found?.live === undefined;
      if (target === undefined || found === undefined || untouched) return undefined;
      const missing = await firstMissing(ask, target, NEEDS[change.type]);
      if (missing === undefined) return undefined;
      const refused = new ApiError({ code: 403, reason: 'Forbidden', message: '' });
      if (mayDependOnEarlier(plan, change, refused)) return undefined;
      return {
        change: change.name,
        words: `${transaction.spec.serviceAccountName} may not ${missing} ${describeTarget(target)}, which undoing this ${change.type} would take`,
      };
    }),
  );
  return faults.filter((fault) => fault !== undefined);
}

async function firstMissing(
  ask: (attributes: AccessAttributes) => Promise<boolean>,
  target: PlannedTarget,
  rows: readonly (readonly string[])[],
): Promise<string | undefined> {
  const { kind, namespace, name } = target;
  const base = { group: kind.group, resource: kind.resource, ...(namespace === undefined ? {} : { namespace }) };
  for (const verbs of rows) {
    let allowed = false;
    for (const verb of verbs) allowed ||= (await ask({ ...base, verb })) || (await ask({ ...base, verb, name }));
    if (!allowed) return verbs.join(' or ');
  }
  return undefined;
}
