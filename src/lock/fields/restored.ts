import { deeper } from './depth.ts';
import { identityOf } from './list.ts';
import { childOf, isLeaf, isMember, LEAF, stepsOf } from './node.ts';
import type { Lists, Place } from './place.ts';
import { projected } from './projected.ts';
import { restoredList } from './restored-list.ts';
import { parseStep } from './step.ts';
import { equalValues, isList, isMap, kindOf, own, put, type JsonMap } from './value.ts';

/**
 * What the place must hold so that each member of its node is as it was before and all else as it is live. What did not have to
 * change is the live value itself, not a copy. Undefined: nothing must be there.
 */
export function restoredValue(place: Place, lists: Lists): unknown {
  const { node, before, live } = place;
  if (isLeaf(node)) return equalValues(before, live) ? live : before;
  const container = isMap(before) || isList(before);
  if (container && kindOf(live) !== kindOf(before)) return projected(node, before, place.depth) ?? live;
  const rest = withoutOurs({ ...place, before: container ? before : undefined }, lists);
  if (container || before === undefined) return rest;
  return isMember(node) || rest === undefined ? before : rest;
}

function withoutOurs(place: Place, lists: Lists): unknown {
  const { node, before, live } = place;
  if (isMap(live)) return restoredMap(place, live, lists);
  if (isList(live)) return restoredListAt(place, live, lists);
  return isMember(node) ? before : live;
}

function restoredMap({ node, before, live, others, depth }: Place, map: JsonMap, lists: Lists): unknown {
  const below = deeper(depth);
  const changed: (readonly [string, unknown])[] = [];
  for (const text of stepsOf(node)) {
    const step = parseStep(text);
    if (step.kind !== 'field') continue;
    const now = own(map, step.name);
    const child = {
      node: childOf(node, text) ?? LEAF,
      before: own(before, step.name),
      live: now,
      others: childOf(others, text),
      depth: below,
    };
    const value = restoredValue(child, lists);
    if (value !== now) changed.push([step.name, value]);
  }
  const result = changed.length === 0 ? map : withMembers(map, changed);
  // A map that was not there before goes with the last thing in it, unless somebody else made it, empty as it is.
  const ours = result !== map || isMember(node);
  return before === undefined && ours && Object.keys(result).length === 0 ? undefined : result === map ? live : result;
}

function restoredListAt(place: Place, live: readonly unknown[], lists: Lists): unknown {
  const { node, before } = place;
  if (equalValues(before, live)) return live;
  // By position nothing can be told from what others have inserted: such a list goes back whole.
  if (stepsOf(node).some((step) => parseStep(step).kind === 'index')) return before;
  const identity = identityOf(node);
  const result =
    identity === undefined ? { items: live, origins: [] } : restoredList(place, live, identity, (child) => restoredValue(child, lists));
  const ours = result.items !== live || isMember(node);
  if (before === undefined && ours && result.items.length === 0) return undefined;
  if (identity !== undefined && result.items !== live) lists.set(result.items, { origins: result.origins, identity });
  return result.items;
}

function withMembers(map: JsonMap, members: readonly (readonly [string, unknown])[]): JsonMap {
  const next: Record<string, unknown> = { ...map };
  for (const [name, value] of members) {
    if (value === undefined) Reflect.deleteProperty(next, name);
    else put(next, name, value);
  }
  return next;
}
