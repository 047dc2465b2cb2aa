import type { MatchCondition } from '../match-condition.ts';
import type { GuardNeed } from './need.ts';

/**
 * The name a request is about, and '' where there is none. `request.name` is an absent key on deletecollection and where the
 * name is generated; `object` is null on DELETE, `oldObject` on CREATE. An error here would refuse strangers what has nothing
 * to do with us, so every access is guarded.
 */
export const REQUESTED_NAME =
  "((has(request.name) && request.name != '') ? request.name : " +
  '((oldObject != null && has(oldObject.metadata) && has(oldObject.metadata.name)) ? oldObject.metadata.name : ' +
  "((object != null && has(object.metadata) && has(object.metadata.name)) ? object.metadata.name : '')))";

/** The namespace a request is about, and '' for what is cluster-scoped. */
export const REQUESTED_NAMESPACE = "(has(request.namespace) ? request.namespace : '')";

// What stands around a name and its namespace where no two share one.
const AROUND = ' || (s ==  && n in [])'.length;

/** The match condition, in CEL, by which only requests about these very objects are sent to us. All are of one resource. */
export function conditionFor(needs: readonly Pick<GuardNeed, 'namespace' | 'name'>[]): MatchCondition {
  const byNamespace = new Map<string | undefined, string[]>();
  for (const { namespace, name } of needs) byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), name]);
  const cases = [...byNamespace].map(([namespace, names]) => {
    const named = `n in [${names.map(celLiteral).join(', ')}]`;
    return namespace === undefined ? `(${named})` : `(s == ${celLiteral(namespace)} && ${named})`;
  });
  return {
    name: 'these-objects',
    expression: `[${REQUESTED_NAME}].exists(n, [${REQUESTED_NAMESPACE}].exists(s, ${cases.join(' || ')}))`,
  };
}

/** Characters by which one object makes an expression longer, at most. */
export function charactersOf({ namespace, name }: Pick<GuardNeed, 'namespace' | 'name'>): number {
  const inNamespace = namespace === undefined ? 0 : celLiteral(namespace).length;
  return celLiteral(name).length + inNamespace + AROUND;
}

/** Text as a CEL string. Names of RBAC objects may hold quotes, backslashes and whatever else is no slash. */
export function celLiteral(text: string): string {
  const escaped = Array.from(text, (character) => {
    if (/^[A-Za-z0-9._:-]$/.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) throw new RangeError('A name with half a character in it names nothing.');
    return `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `'${escaped.join('')}'`;
}
