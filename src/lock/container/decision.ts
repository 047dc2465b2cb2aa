import { decideOn } from '../decision.ts';
import type { Decision } from '../denial.ts';
import { locksOf, type DecisionInput } from '../situation.ts';
import { CONTAINER_RULES } from './rules/index.ts';
import type { ContainerSituation } from './situation.ts';

/** Everything a decision about a container is made from. */
export type ContainerInput = Omit<DecisionInput, 'lookups'> & Pick<ContainerSituation, 'open' | 'systemNamespace'>;

/**
 * Whether a write to a Namespace or a CustomResourceDefinition may happen, as far as open transactions are concerned. A pure
 * function that never throws: what cannot be decided is denied.
 */
export function decideContainer(input: ContainerInput): Decision {
  const records = input.open.found === 'records' ? input.open.records : [];
  const lookups = new Map(records.map((open) => [open.record.transaction.uid, { found: 'record', ...open } as const]));
  return decideOn(CONTAINER_RULES, () => ({ ...input, lookups, locks: locksOf(input.review) }));
}
