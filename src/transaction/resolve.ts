import type { ResourceChange } from '../api/resource-change.ts';
import type { SealedTransaction } from '../api/transaction.ts';
import { isApiError } from '../kube/errors.ts';
import { apiVersionOf, type ResourceKind } from '../kube/object.ts';
import { retrying } from '../kube/retry.ts';
import { SERVICE_ACCOUNTS } from '../kube/well-known.ts';
import { notAllowedToActAs } from './own-rights.ts';
import { normalizeContent } from '../lock/fields/normalize.ts';
import type { SagaContext } from './context.ts';
import { ImpossibleError, PlanFaultError, type ChangeFault } from './fault.ts';
import { planOf, type Plan, type ResolvedChange } from './plan.ts';
import { requestersOf } from './requester.ts';

/**
 * The first stage: finds the kinds of the sealed changes, and asks whether everybody who had a hand in the
 * transaction may use its ServiceAccount. Touches nothing.
 * @throws ImpossibleError when the ServiceAccount is missing or may not be used
 * @throws PlanFaultError with every fault of every change
 */
export async function resolve(context: SagaContext, transaction: SealedTransaction, changes: readonly ResourceChange[]): Promise<Plan> {
  const [kinds] = await Promise.all([
    kindsOf(context, changes),
    requireServiceAccount(context, transaction),
    requireRequesters(context, transaction, changes),
  ]);
  const faults: ChangeFault[] = [];
  const resolved: ResolvedChange[] = [];
  for (const change of changes) {
    const kind = kinds.get(kindKey(change.spec.target));
    if (typeof kind !== 'object') {
      faults.push({ change: change.metadata.name ?? '', words: kind ?? 'its kind is unknown' });
      continue;
    }
    const outcome = resolveChange(context, transaction, change, kind);
    if ('faults' in outcome) faults.push(...outcome.faults);
    else resolved.push(outcome);
  }
  if (faults.length > 0) throw new PlanFaultError(faults);
  return planOf(resolved);
}

async function requireServiceAccount(context: SagaContext, transaction: SealedTransaction): Promise<void> {
  const namespace = transaction.metadata.namespace ?? '';
  const name = transaction.spec.serviceAccountName;
  try {
    await retrying(() => context.client.get({ kind: SERVICE_ACCOUNTS, namespace, name }));
  } catch (error) {
    if (isApiError(error, 403)) throw new ImpossibleError(notAllowedToActAs(namespace, name), { cause: error });
    if (!isApiError(error, 404)) throw error;
    throw new ImpossibleError(
      `ServiceAccount "${name}" not found in namespace "${namespace}"; create it, then make and seal a new transaction`,
      { cause: error },
    );
  }
}

async function requireRequesters(context: SagaContext, transaction: SealedTransaction, changes: readonly ResourceChange[]): Promise<void> {
  const namespace = transaction.metadata.namespace ?? '';
  const name = transaction.spec.serviceAccountName;
  await Promise.all(
    requestersOf(transaction, changes).map(async ({ stamp, object, user }) => {
      if (stamp === undefined) {
        throw new ImpossibleError(
          `${object} does not say who made it: it was written while the Janus webhooks were not in place; make and seal it again`,
        );
      }
      if (await retrying(() => context.mayImpersonate(stamp, namespace, name))) return;
      throw new ImpossibleError(
        `${user} (${object}) may not impersonate ServiceAccount ${namespace}/${name}; grant the verb "impersonate" on that serviceaccount, then make and seal a new transaction`,
      );
    }),
  );
}

/** One look-up a kind; the value is the kind, or the words of why there is none. */
async function kindsOf(context: SagaContext, changes: readonly ResourceChange[]): Promise<ReadonlyMap<string, ResourceKind | string>> {
  const kinds = new Map<string, ResourceKind | string>();
  const promised = promisedKinds(changes);
  for (const { spec } of changes) {
    const key = kindKey(spec.target);
    if (kinds.has(key)) continue;
    const own = promised.get(key);
    try {
      kinds.set(key, await context.discovery.resolve(spec.target));
    } catch (error) {
      if (own === undefined && !(error instanceof Error)) throw error;
      kinds.set(key, own ?? (error as Error).message);
    }
  }
  return kinds;
}

/** Kinds that CustomResourceDefinitions of this very transaction are going to define. */
export function promisedKinds(changes: readonly Pick<ResourceChange, 'spec'>[]): ReadonlyMap<string, ResourceKind> {
  const kinds = new Map<string, ResourceKind>();
  for (const { spec } of changes) {
    if (spec.type !== 'Create' || spec.target.kind !== 'CustomResourceDefinition') continue;
    const crd = (spec.content as { readonly spec?: CrdSpec } | undefined)?.spec;
    if (crd?.names?.kind === undefined || crd.names.plural === undefined || crd.group === undefined) continue;
    for (const version of crd.versions ?? []) {
      if (version.name === undefined) continue;
      const kind = {
        group: crd.group,
        version: version.name,
        kind: crd.names.kind,
        resource: crd.names.plural,
        namespaced: crd.scope !== 'Cluster',
      };
      kinds.set(kindKey({ apiVersion: apiVersionOf(kind), kind: kind.kind }), kind);
    }
  }
  return kinds;
}

interface CrdSpec {
  readonly group?: string;
  readonly scope?: string;
  readonly names?: { readonly kind?: string; readonly plural?: string };
  readonly versions?: readonly { readonly name?: string }[];
}

function resolveChange(
  context: SagaContext,
  transaction: SealedTransaction,
  change: ResourceChange,
  kind: ResourceKind,
): ResolvedChange | { readonly faults: readonly ChangeFault[] } {
  const name = change.metadata.name ?? '';
  const { spec } = change;
  if (!kind.namespaced && spec.target.namespace !== undefined && spec.target.namespace !== '') {
    return { faults: [{ change: name, words: `${kind.kind} is cluster-scoped: leave spec.target.namespace out` }] };
  }
  const namespace = kind.namespaced ? (spec.target.namespace ?? transaction.metadata.namespace ?? '') : undefined;
  const base = {
    name,
    type: spec.type,
    order: spec.order ?? 0,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    targetName: spec.target.name,
  };
  if (spec.type === 'Delete') return base;
  const ref = { kind, name: spec.target.name, ...(namespace === undefined ? {} : { namespace }) };
  const { content, faults, warnings } = normalizeContent(ref, spec.type, spec.content ?? {});
  if (faults.length > 0) return { faults: faults.map(({ field, message }) => ({ change: name, words: `${field}: ${message}` })) };
  for (const words of warnings) context.emit({ type: 'warning', of: sourceOf(transaction), change: name, words });
  return { ...base, content };
}

function kindKey(target: { readonly apiVersion: string; readonly kind: string }): string {
  return `${target.apiVersion}/${target.kind}`;
}

/** What events are about. */
export function sourceOf(transaction: SealedTransaction): { namespace: string; name: string; uid: string } {
  const { namespace = '', name = '', uid = '' } = transaction.metadata;
  return { namespace, name, uid };
}
