import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject, ResourceKind } from '../kube/object.ts';
import { TRANSACTIONS } from '../transaction/kinds.ts';
import { defaultResourceChange } from './default-resource-change.ts';
import { defaultTransaction } from './default-transaction.ts';
import type { Handler } from './handle.ts';
import type { AdmissionRequest } from './review.ts';
import type { ResourceChangeRules } from './validate-resource-change.ts';
import { validateResourceChange } from './validate-resource-change.ts';
import type { TransactionRules } from './validate-transaction.ts';
import { validateTransaction } from './validate-transaction.ts';
import type { Verdict } from './verdict.ts';
import { undecided } from './verdict.ts';

/** Handler that fills in our own resources. */
export function mutateResources(): Handler {
  return (request) => dispatch(request, defaultTransaction, defaultResourceChange);
}

/** Handler that decides on writes to our own resources. */
export function validateResources(rules: {
  readonly transactions: TransactionRules;
  readonly resourceChanges: ResourceChangeRules;
}): Handler {
  return (request) =>
    dispatch(
      request,
      (reviewed) => validateTransaction(reviewed, rules.transactions),
      (reviewed) => validateResourceChange(reviewed, rules.resourceChanges),
    );
}

/** `readTransaction` of the rules, by a client: always a quorum read. */
export function transactionReader(
  client: Pick<KubeClient, 'get'>,
  timeoutMs = 3_000,
): (namespace: string, name: string) => Promise<KubeObject | undefined> {
  const kind: ResourceKind = TRANSACTIONS;
  return async (namespace, name) => {
    try {
      return await client.get({ kind, namespace, name }, { timeoutMs });
    } catch (error) {
      if (isApiError(error, 404) && error.status.details?.name === name) return undefined;
      throw error;
    }
  };
}

type Review = (request: AdmissionRequest) => Verdict | Promise<Verdict>;

async function dispatch(request: AdmissionRequest, transaction: Review, resourceChange: Review): Promise<Verdict> {
  const { group, resource } = request.resource;
  if (group === 'tx.janus.io' && resource === 'transactions') return transaction(request);
  if (group === 'tx.janus.io' && resource === 'resourcechanges') return resourceChange(request);
  return undecided(
    'unknown-resource',
    `Janus does not review ${JSON.stringify(`${resource}.${group}`)} here: its webhook configuration is not its own.`,
  );
}
