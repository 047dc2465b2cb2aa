import type { MatchCondition } from '../lock/match-condition.ts';

// While we are down, whatever matches is refused. So only what needs our judgement matches: taking off a finalizer by hand, the
// garbage collector, and our own status updates always pass. Every access in these expressions is guarded: an error refuses, too.

/** Creations, and updates that change the spec, an annotation or one of these metadata fields. */
export function asksForSomething(metadataFields: readonly string[]): readonly MatchCondition[] {
  const changes = ['spec', 'metadata.annotations', ...metadataFields.map((field) => `metadata.${field}`)].map(differs);
  return [{ name: 'asks-for-something', expression: `request.operation != 'UPDATE' || ${changes.join(' || ')}` }];
}

/** Creations, and updates that seal or touch an annotation: the stamps are among these. */
export function beginsOrSeals(): readonly MatchCondition[] {
  const sealed = (object: string): string => `(has(${object}.spec) && has(${object}.spec.sealed) && ${object}.spec.sealed == true)`;
  const seals = `(${sealed('object')} && !${sealed('oldObject')})`;
  return [{ name: 'begins-or-seals', expression: `request.operation == 'CREATE' || ${seals} || ${differs('metadata.annotations')}` }];
}

/** Creations, and updates that touch an annotation. */
export function beginsOrAnnotates(): readonly MatchCondition[] {
  return [{ name: 'begins-or-annotates', expression: `request.operation == 'CREATE' || ${differs('metadata.annotations')}` }];
}

/** Everybody's writes but our own. */
export function isNotByJanus(ownUsername: string): readonly MatchCondition[] {
  return [{ name: 'not-by-janus', expression: `request.userInfo.username != ${literal(ownUsername)}` }];
}

/** Everything but deletions by the controllers that collect garbage and empty namespaces. */
export function isNotCollected(collectors: readonly string[]): readonly MatchCondition[] {
  return [
    {
      name: 'not-collected',
      expression: `request.operation != 'DELETE' || ${isByNoneOf(collectors)}`,
    },
  ];
}

/** The term of an expression that none of these users sends the request. */
export function isByNoneOf(usernames: readonly string[]): string {
  return `!(request.userInfo.username in [${usernames.map(literal).join(', ')}])`;
}

function differs(path: string): string {
  const [before, after] = [`oldObject.${path}`, `object.${path}`];
  return `has(${after}) != has(${before}) || (has(${after}) && has(${before}) && ${after} != ${before})`;
}

// CEL's double-quoted strings know the escapes of JSON.
function literal(text: string): string {
  return JSON.stringify(text);
}
