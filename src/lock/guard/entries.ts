import { isUuid } from '../label.ts';
import type { MatchCondition } from '../match-condition.ts';
import { charactersOf, conditionFor } from './condition.ts';
import type { GuardedWay, GuardNeed } from './need.ts';

/** Names that one entry holds at most, and characters of its expression: API servers refuse one of more than 100,000. */
export const NAMES_PER_ENTRY = 500;
const CHARACTERS_PER_ENTRY = 90_000;

const SUFFIX = 'guards.tx.janus.io';

/** Whose guards they are. */
export interface GuardHolder {
  /** uid of the Transaction. */
  readonly transaction: string;
  /** The attempt by which they were put up: an executor that was deposed takes down only its own. */
  readonly attempt: number;
}

/** One webhook of the configuration, without what is the same for all of them. */
export interface GuardEntry {
  /** Names the holder; API servers quote it in every refusal. */
  readonly name: string;
  readonly transaction: string;
  readonly rules: readonly GuardRule[];
  readonly matchConditions: readonly MatchCondition[];
}

/** Which requests an API server looks at. */
export interface GuardRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
}

// An Eviction is created on its Pod, and a Scale is updated whatever verb it comes by.
const OPERATIONS: Readonly<Record<GuardedWay, string>> = { scale: 'UPDATE', eviction: 'CREATE', name: 'CREATE' };

/** The entries that close these ways: one for each resource and way, several where there are many names. */
export function guardEntries(holder: GuardHolder, needs: readonly GuardNeed[]): readonly GuardEntry[] {
  const groups = new Map<string, [GuardNeed, ...GuardNeed[]]>();
  for (const need of needs) {
    const key = `${need.way} ${need.group}/${need.resource} ${String(need.namespace === undefined)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [need]);
    else group.push(need);
  }
  return [...groups.values()].flatMap(chunked).map((chunk, index) => ({
    name: `${chunk[0].way}-${index}.a${holder.attempt}.${holder.transaction}.${SUFFIX}`,
    transaction: holder.transaction,
    rules: [ruleFor(chunk[0])],
    matchConditions: [conditionFor(chunk)],
  }));
}

/** Reads back whose guard an entry is; undefined for an entry that `guardEntries` can't have written. */
export function holderOf(entryName: string): GuardHolder | undefined {
  const [, attempt, transaction] = /^[a-z]+-\d+\.a([1-9]\d{0,14})\.([0-9a-f-]{36})\.guards\.tx\.janus\.io$/.exec(entryName) ?? [];
  return attempt !== undefined && isUuid(transaction) ? { transaction, attempt: Number(attempt) } : undefined;
}

function ruleFor({ way, group, resource, namespace }: GuardNeed): GuardRule {
  return {
    apiGroups: [group],
    apiVersions: ['*'],
    resources: [way === 'name' ? resource : `${resource}/${way}`],
    operations: [OPERATIONS[way]],
    scope: namespace === undefined ? 'Cluster' : 'Namespaced',
  };
}

function chunked(needs: [GuardNeed, ...GuardNeed[]]): [GuardNeed, ...GuardNeed[]][] {
  const chunks: [GuardNeed, ...GuardNeed[]][] = [];
  let characters = 0;
  for (const need of needs) {
    const last = chunks.at(-1);
    const more = charactersOf(need);
    if (last === undefined || last.length >= NAMES_PER_ENTRY || characters + more > CHARACTERS_PER_ENTRY) {
      chunks.push([need]);
      characters = more;
    } else {
      last.push(need);
      characters += more;
    }
  }
  return chunks;
}
