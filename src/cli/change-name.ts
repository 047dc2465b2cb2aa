import { createHash } from 'node:crypto';

/** What a change is called after when nobody gave it a name. */
export interface Unnamed {
  readonly type: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Names of objects are DNS subdomains (RFC 1123) of at most this many characters. */
const MAX_LENGTH = 253;

/**
 * `<transaction>-<type>-<name>` in lower case. Changes that would get the same name have their kind, and then their namespace,
 * put in between; what cannot stand in a name becomes `-`, and what is too long ends in a hash.
 */
export function defaultNames(transaction: string, changes: readonly Unnamed[]): readonly string[] {
  const levels = [PLAIN, WITH_KIND, WITH_NAMESPACE].map((parts) =>
    changes.map((change) => asName([transaction, change.type, ...parts(change)])),
  );
  return changes.map((change, index) => {
    const unique = levels.find((names) => names.indexOf(at(names, index)) === names.lastIndexOf(at(names, index)));
    return unique === undefined ? asName([at(levels.at(-1) ?? [], index), String(index + 1)]) : at(unique, index);
  });
}

const PLAIN = (change: Unnamed): readonly string[] => [change.name];
const WITH_KIND = (change: Unnamed): readonly string[] => [change.kind, change.name];
const WITH_NAMESPACE = (change: Unnamed): readonly string[] => [change.kind, change.namespace ?? 'cluster', change.name];

function asName(parts: readonly string[]): string {
  const joined = parts.join('-').toLowerCase();
  const name = joined
    .replace(/[^a-z0-9.-]/g, '-')
    // A dot may only stand between letters or digits.
    .replace(/-*\.[-.]*/g, '.')
    .replace(/^[-.]+|[-.]+$/g, '');
  if (name.length <= MAX_LENGTH) return name;
  const digest = createHash('sha256').update(joined).digest('hex').slice(0, 10);
  return `${name.slice(0, MAX_LENGTH - 11).replace(/[-.]+$/, '')}-${digest}`;
}

function at(names: readonly string[], index: number): string {
  return names[index] ?? '';
}
